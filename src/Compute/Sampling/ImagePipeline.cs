using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Lora;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Compute.Tokens;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Sampling;

/// <summary>
/// Stable Diffusion with LoRAs and learned tokens, loaded and ready to draw (diffusers' <c>StableDiffusionPipeline</c> with <c>load_lora_weights</c> and
/// <c>load_textual_inversion</c>).
/// </summary>
public sealed class ImagePipeline : IDisposable
{
    private readonly LoadedModels _models;
    private readonly PromptEncoder _prompts;
    private readonly Tensor? _vectors;
    private readonly AppliedLora? _lora;
    private readonly UNet2DConditionModel? _base;
    private readonly PromptEncoder _plainPrompts;
    private readonly TextToImage _painter;
    private readonly IReadOnlyList<string> _files;

    private ImagePipeline(
        LoadedModels models,
        IReadOnlyDictionary<EmbeddingChoice, LearnedToken> tokens,
        Tensor? vectors,
        AppliedLora? lora,
        UNet2DConditionModel? original,
        IReadOnlyDictionary<string, string> classes,
        IReadOnlyList<string> files
    )
    {
        (_models, Tokens, _vectors, _lora, _base, _files) = (models, tokens, vectors, lora, original, files);
        _prompts = new PromptEncoder(models.TextEncoder, models.Tokenizer, vectors);
        _plainPrompts = new PromptEncoder(models.TextEncoder, models.Tokenizer, vectors);
        Dictionary<string, string> words = tokens
            .Keys.Where(choice => choice.IsIdentifier)
            .ToDictionary(choice => choice.Name, choice => classes.GetValueOrDefault(choice.Name) ?? ClassWords.Of(choice.Name));
        var frozen = new WeakModel(original ?? models.UNet, _plainPrompts, prompt => ClassWords.InPlaceOf(prompt, words), lora);
        _painter = new TextToImage(models.UNet, models.Vae, _prompts, models.Scheduler, frozen);
    }

    /// <summary>What each file of learned tokens has become in the tokenizer.</summary>
    public IReadOnlyDictionary<EmbeddingChoice, LearnedToken> Tokens { get; }

    /// <summary>Names of all learned tokens, in the order of their ids.</summary>
    public IEnumerable<string> TokenNames => _models.Tokenizer.LearnedTokens.Select(token => token.Name);

    /// <summary>Tokens that a prompt may have, the learned ones counted each.</summary>
    public int ContextLength => _models.Tokenizer.ContextLength;

    /// <summary>The model's scheduler settings.</summary>
    public Schedulers.SchedulerConfig Scheduler => _models.Scheduler;

    /// <summary>Loads a model and puts LoRAs and learned tokens into it.</summary>
    /// <param name="model">The model's folder.</param>
    /// <param name="loras">LoRAs with their scales, added up.</param>
    /// <param name="embeddings">Files of learned tokens, no two of one name.</param>
    /// <param name="precision">What the weights compute in; settled.</param>
    /// <param name="device">The device: "cpu" or "cuda:N".</param>
    /// <param name="unet">Path of a UNet that takes the place of the model's; null: its own.</param>
    /// <param name="classes">
    /// Class names by identifier, for personalization guidance, for which the model's own UNet is loaded beside another one; an identifier that is not among
    /// them stands for the word between its brackets. Null: there is no such guidance.
    /// </param>
    /// <param name="say">Told what people should read, such as parts of a LoRA that don't fit; may be null.</param>
    /// <returns>The pipeline; the caller disposes of it.</returns>
    /// <exception cref="InvalidInputException">A file is damaged, or does not fit the model.</exception>
    public static ImagePipeline Load(
        ModelFolder model,
        IReadOnlyList<LoraChoice> loras,
        IReadOnlyList<EmbeddingChoice> embeddings,
        Precision precision,
        string device,
        string? unet = null,
        IReadOnlyDictionary<string, string>? classes = null,
        Action<string>? say = null
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(loras);
        ArgumentNullException.ThrowIfNull(embeddings);
        if (classes is not null)
        {
            RequireLearned(loras, embeddings, unet);
        }

        var models = LoadedModels.Load(model, precision, device, unet);
        Tensor? vectors = null;
        UNet2DConditionModel? original = null;
        try
        {
            original = unet is null || classes is null ? null : model.LoadUNet(models.UNet.ComputeType, models.Device);
            var tokens = new Dictionary<EmbeddingChoice, LearnedToken>();
            vectors = AddTokens(models, embeddings, tokens, say);
            string[] files =
            [
                .. unet is null ? Array.Empty<string>() : [Path.Combine(unet, ImplantationFiles.UNetWeights)],
                .. loras.Select(lora => lora.Path),
                .. embeddings.Select(embedding => embedding.Path),
            ];
            return new ImagePipeline(models, tokens, vectors, Apply(models, loras, say), original, classes ?? new Dictionary<string, string>(), files);
        }
        catch
        {
            vectors?.Dispose();
            original?.Dispose();
            models.Dispose();
            throw;
        }
    }

    /// <summary>Checks that there is something for personalization guidance to go to.</summary>
    /// <param name="loras">LoRAs.</param>
    /// <param name="embeddings">Files of learned tokens.</param>
    /// <param name="unet">Path of a UNet that takes the place of the model's; null: its own.</param>
    /// <exception cref="InvalidInputException">There is nothing.</exception>
    public static void RequireLearned(IReadOnlyList<LoraChoice> loras, IReadOnlyList<EmbeddingChoice> embeddings, string? unet)
    {
        ArgumentNullException.ThrowIfNull(loras);
        ArgumentNullException.ThrowIfNull(embeddings);
        if (unet is null && loras.Count == 0 && embeddings.Count == 0)
        {
            throw new InvalidInputException(
                "Personalization guidance goes from the model to what it has learned, and nothing that was learned is given.",
                "personalization_guidance",
                "Give an implantation, or leave the guidance out."
            );
        }
    }

    /// <summary>Whether a prompt uses a file of learned tokens.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="embedding">One of the pipeline's files.</param>
    public bool Uses(string prompt, EmbeddingChoice embedding) => _models.Tokenizer.Uses(prompt, Tokens[embedding]);

    /// <summary>Whether the end of a prompt is not seen.</summary>
    /// <param name="prompt">The prompt.</param>
    public bool IsTruncated(string prompt) => _prompts.IsTruncated(prompt);

    /// <summary>Draws.</summary>
    /// <param name="request">What to draw.</param>
    /// <param name="latents">Noise to start from, (count, 4, height / factor, width / factor), unit normal; null draws it from the request's seed.</param>
    /// <param name="progress">Called with (steps done, steps in all); may be null.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>The pictures.</returns>
    /// <exception cref="InvalidInputException">A picture is no number, because weights are none: those of the file that it names.</exception>
    /// <exception cref="NotFiniteNumberException">A picture is no number although all weights are.</exception>
    public IReadOnlyList<RgbImage> Draw(
        SamplingRequest request,
        Tensor? latents = null,
        Action<int, int>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            return _painter.Draw(request, latents, progress, cancellationToken);
        }
        catch (NotFiniteNumberException e)
        {
            // Whose fault it is is looked for only then: it takes reading all weights.
            var broken = BrokenWeights.Find(_models.Folder) ?? _files.Select(BrokenWeights.Find).FirstOrDefault(found => found is not null);
            throw broken is null ? e : new InvalidInputException(broken.Message, broken.Field, broken.Hint, e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _prompts.Dispose();
        _plainPrompts.Dispose();
        _lora?.Dispose();
        _base?.Dispose();
        _vectors?.Dispose();
        _models.Dispose();
    }

    // All vectors, (rows, d), in the order of their ids; null without any.
    private static Tensor? AddTokens(
        LoadedModels models,
        IReadOnlyList<EmbeddingChoice> embeddings,
        Dictionary<EmbeddingChoice, LearnedToken> tokens,
        Action<string>? say
    )
    {
        using var scope = NewDisposeScope(); // holds the files' vectors until they are joined
        var rows = new List<Tensor>();
        foreach (var choice in embeddings)
        {
            var embedding = LearnedEmbeddingsFile.Read(choice.Path, models.TextEncoder.TokenTable.shape[1]);
            rows.Add(embedding.Vectors.MoveToOtherDisposeScope(scope));
            var count = (int)embedding.Vectors.shape[0];
            tokens[choice] = choice.IsIdentifier
                ? models.Tokenizer.AddLearnedToken(choice.Name, count)
                : models.Tokenizer.AddLearnedWords(choice.Alias is null ? [choice.Name] : [choice.Name, choice.Alias], count);
            foreach (var warning in embedding.Warnings)
            {
                say?.Invoke(warning);
            }
        }

        return rows.Count == 0 ? null : cat(rows).to(models.Device).MoveToOuterDisposeScope();
    }

    private static AppliedLora? Apply(LoadedModels models, IReadOnlyList<LoraChoice> loras, Action<string>? say)
    {
        var parts = new List<(LoadedLora Lora, double Scale)>();
        try
        {
            foreach (var choice in loras)
            {
                parts.Add((LoraFile.Read(choice.Path, models.UNet.AdaptableLayers, models.TextEncoder.AdaptableLayers), choice.Scale));
                foreach (var warning in parts[^1].Lora.Warnings)
                {
                    say?.Invoke(warning);
                }
            }

            return parts.Count == 0 ? null : AppliedLora.Apply(models.UNet, models.TextEncoder, parts);
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
