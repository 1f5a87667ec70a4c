using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Sampling;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>
/// Pictures of the class that the frozen model draws, for prior preservation. They depend on the seed, the model and its defaults alone: a run that
/// goes on draws the same again.
/// </summary>
internal static class ClassPictures
{
    // Pictures between two looks at whether to stop.
    private const int Batch = 16;

    /// <summary>Draws a run's pictures and encodes them.</summary>
    /// <param name="run">The run, whose model is as it was loaded.</param>
    /// <returns>A posterior for each, kept with the preparation.</returns>
    /// <exception cref="NotFiniteNumberException">What the model computes is no number.</exception>
    public static IReadOnlyList<VaePosterior> Draw(MethodRun run)
    {
        var (models, preparation, options) = (run.Models, run.Preparation, run.Options);
        var (defaults, count) = (models.Folder.Defaults, options.ClassPictures);
        using var encoder = new PromptEncoder(models.TextEncoder, models.Tokenizer, null);
        var painter = new TextToImage(models.UNet, models.Vae, encoder, models.Scheduler);
        var posteriors = new List<VaePosterior>(count);
        while (posteriors.Count < count)
        {
            run.Cancellation.ThrowIfCancellationRequested();
            run.Observer.Progress(
                ImplantationStage.Preparing,
                posteriors.Count,
                count,
                posteriors.Count == 0 ? $"drawing {count} pictures of \"{preparation.Texts.PlainClasses}\" for prior preservation" : null
            );
            using var scope = NewDisposeScope();
            var some = Math.Min(Batch, count - posteriors.Count);
            var first = posteriors.Count;
            var request = new SamplingRequest
            {
                Prompt = preparation.Texts.PlainClasses,
                Scheduler = Defaults.Scheduler,
                Steps = defaults.SamplingSteps ?? Defaults.SamplingSteps,
                GuidanceScale = defaults.GuidanceScale ?? Defaults.GuidanceScale,
                Width = options.Resolution,
                Height = options.Resolution,
                Seed = options.Seed,
                Count = some,
            };
            var pictures = run.Recall(
                request,
                FormattableString.Invariant($"class pictures from {first}"),
                () => painter.Draw(request, Noise(run, first, some), null, run.Cancellation)
            );
            posteriors.AddRange(pictures.Select(picture => Encode(run, picture)));
        }

        return posteriors;
    }

    private static VaePosterior Encode(MethodRun run, RgbImage picture)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        var posterior = run.Models.Vae.Encode(ImageTensors.ToModelInput(picture).to(run.Models.Device));
        return new VaePosterior(run.Preparation.Keep(posterior.Mean), run.Preparation.Keep(posterior.LogVariance));
    }

    private static Tensor Noise(MethodRun run, int first, int count)
    {
        var shape = run.Preparation.Posterior.Mean.shape;
        return cat([
            .. Enumerable
                .Range(first, count)
                .Select(picture =>
                {
                    using var random = new KeyedRandom(run.Options.Seed, picture, RandomPurpose.PriorLatents);
                    return random.Normal(shape);
                }),
        ]);
    }
}
