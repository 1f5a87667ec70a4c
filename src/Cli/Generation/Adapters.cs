using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Tokens;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Generation;

/// <summary>Puts a plan's LoRAs and learned tokens into a loaded model.</summary>
internal static class Adapters
{
    /// <summary>Adds the learned tokens to the tokenizer.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="models">The model.</param>
    /// <param name="say">Told what people should read, such as tokens that no prompt uses.</param>
    /// <returns>All vectors, (rows, d), in the order of their ids; null without any. The caller disposes of it.</returns>
    public static Tensor? LoadTokens(GenerationPlan plan, LoadedModels models, Action<string> say)
    {
        using var scope = NewDisposeScope(); // holds the files' vectors until they are joined
        var rows = new List<Tensor>();
        foreach (var choice in plan.Embeddings)
        {
            var embedding = LearnedEmbeddingsFile.Read(choice.Path, models.TextEncoder.TokenTable.shape[1]);
            rows.Add(embedding.Vectors.MoveToOtherDisposeScope(scope));
            var count = (int)embedding.Vectors.shape[0];
            var token = choice.IsIdentifier
                ? models.Tokenizer.AddLearnedToken(choice.Name, count)
                : models.Tokenizer.AddLearnedWords(choice.Alias is null ? [choice.Name] : [choice.Name, choice.Alias], count);
            foreach (var warning in embedding.Warnings)
            {
                say(warning);
            }

            if (!plan.Prompts.Append(plan.Negative).Any(prompt => models.Tokenizer.Uses(prompt, token)))
            {
                say($"No prompt uses the embedding {Path.GetFileName(choice.Path)}: write {choice.Name} into --prompt or --negative where it should act.");
            }
        }

        return rows.Count == 0 ? null : cat(rows).to(models.Device).MoveToOuterDisposeScope();
    }

    /// <summary>Applies the LoRAs to the UNet and the text encoder.</summary>
    /// <param name="plan">The plan.</param>
    /// <param name="models">The model.</param>
    /// <param name="say">Told what people should read.</param>
    /// <returns>What takes them off again; null without any.</returns>
    public static IDisposable? LoadLora(GenerationPlan plan, LoadedModels models, Action<string> say)
    {
        if (plan.Loras.Count == 0)
        {
            return null;
        }

        var parts = new List<(LoadedLora Lora, double Scale)>();
        try
        {
            foreach (var choice in plan.Loras)
            {
                parts.Add((LoraFile.Read(choice.Path, models.UNet.AdaptableLayers, models.TextEncoder.AdaptableLayers), choice.Scale));
                foreach (var warning in parts[^1].Lora.Warnings)
                {
                    say(warning);
                }
            }

            return AppliedLora.Apply(models.UNet, models.TextEncoder, parts);
        }
        finally
        {
            foreach (var (lora, _) in parts)
            {
                lora.Dispose();
            }
        }
    }
}
