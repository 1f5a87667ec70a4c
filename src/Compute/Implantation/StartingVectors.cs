using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation;

/// <summary>Where training starts: the class name's embeddings (or random ones), moved by the prototypical embedding (eq. 2).</summary>
internal static class StartingVectors
{
    /// <summary>Finds the vectors of all objects, each alone.</summary>
    /// <param name="preparation">The prepared job.</param>
    /// <param name="models">The base model.</param>
    /// <param name="joint">The joint space; only needed for the prototypical embedding.</param>
    /// <param name="options">Options.</param>
    /// <param name="observer">Told of the steps.</param>
    /// <param name="cancellationToken">Stops between two steps.</param>
    /// <returns>Vectors (r n, d) in the current dispose scope, and L_PE by object (empty without the prototypical embedding).</returns>
    public static (Tensor Vectors, IReadOnlyList<PrototypeCurve> Curves) Find(
        Preparation preparation,
        LoadedModels models,
        JointSpace? joint,
        ImplantationOptions options,
        IImplantationObserver observer,
        CancellationToken cancellationToken
    )
    {
        var table = models.TextEncoder.TokenTable;
        var rows = new List<Tensor>();
        var curves = new List<PrototypeCurve>();
        for (var i = 0; i < preparation.Tokens.Count; i++)
        {
            using var random = new KeyedRandom(options.Seed, 0, RandomPurpose.TokenInit, preparation.Tokens[i].Name);
            var start = options.RandomInitialisation
                ? TokenVectors.Random(table, options.Vectors, random.Generator)
                : TokenVectors.FromClass(table, [.. models.Tokenizer.ContentIds(preparation.Texts.Classes[i]).Select(id => (long)id)], options.Vectors);
            if (options.UsePrototype)
            {
                var result = Learn(preparation, i, models, joint!, options, start, observer, cancellationToken);
                curves.Add(new PrototypeCurve(result.Losses, result.BestStep));
                start = result.Vectors;
            }

            rows.Add(start);
        }

        return (cat(rows), curves);
    }

    private static PrototypeResult Learn(
        Preparation preparation,
        int index,
        LoadedModels models,
        JointSpace joint,
        ImplantationOptions options,
        Tensor start,
        IImplantationObserver observer,
        CancellationToken cancellationToken
    )
    {
        var prompts = preparation.Prompts;
        var target = options.Prototype.Fusion.Fuse(preparation.ImageEmbedding!, preparation.MaskedEmbeddings[index], prompts.ClassEmbeddings[index]);

        // The object's rows are learned alone, so its ids move down to the first rows behind the vocabulary.
        var vocabulary = models.Tokenizer.VocabularySize;
        Tensor Alone(Tensor text) => where(text.Ge(vocabulary), text.Sub(preparation.Tokens[index].FirstId - vocabulary), text);
        var distance = options.Prototype.Distance is null
            ? null
            : new ClassDistance((ids, rows) => models.TextEncoder.call(ids, rows), Alone(prompts.Objects[index]), vocabulary, start);
        var steps = options.Prototype.Steps;
        void Observe(int step, double loss)
        {
            if (step % 20 == 0)
            {
                observer.Progress(
                    ImplantationStage.Preparing,
                    step,
                    steps,
                    FormattableString.Invariant($"prototypical embedding of {preparation.Tokens[index].Name}: L_PE {loss:0.000}")
                );
            }
        }

        var result = new PrototypeLearner(joint.Text, options.Prototype, distance).Learn(
            Alone(prompts.Own[index]),
            start,
            target,
            TokenVectors.VocabularyNorm(joint.TokenTable),
            Observe,
            cancellationToken
        );
        if (result.Distance is { } away)
        {
            observer.Progress(
                ImplantationStage.Preparing,
                result.Losses.Count - 1,
                steps,
                FormattableString.Invariant($"prototypical embedding of {preparation.Tokens[index].Name}: L_PE {result.Losses[result.BestStep]:0.000}")
                    + FormattableString.Invariant($" at step {result.BestStep}, {away:0.0000} from where it started")
            );
        }

        return result;
    }
}
