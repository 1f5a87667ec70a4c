using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Models.SingleFile;

/// <summary>What a checkpoint says about the kind of its prediction. Its weights don't tell: noise and v come from the same layers.</summary>
internal static class StatedPrediction
{
    /// <summary>The kind of prediction: as given, else as the file's metadata or its training step say, else that of all models of its family.</summary>
    /// <param name="source">The checkpoint.</param>
    /// <param name="family">Its family.</param>
    /// <param name="given">What the user says; it comes first.</param>
    /// <exception cref="InvalidInputException">It is a Stable Diffusion 2.x, of which there are both kinds, and nothing says which.</exception>
    public static PredictionType Require(WeightSource source, CheckpointFamily family, PredictionType? given) =>
        given
        ?? OfMetadata(source)
        ?? OfFamily(source, family)
        ?? throw new InvalidInputException(
            $"{source.Shown} is a {family.Name} checkpoint that does not say whether it predicts noise (epsilon: the base models of 512 pixels) or v "
                + $"(v_prediction: those of 768 pixels).",
            "prediction",
            "Say it: oneshot models convert FILE --prediction epsilon|v_prediction --out DIR. The wrong one draws noise."
        );

    // modelspec 1.0.1, and the two names that Stability AI gives the variants.
    private static PredictionType? OfMetadata(WeightSource source)
    {
        var architecture = source.MetadataOf("modelspec.architecture");
        return (source.MetadataOf("modelspec.prediction_type") ?? source.MetadataOf("modelspec.predict_key")) switch
        {
            "epsilon" or "eps" => PredictionType.Epsilon,
            "v" or "v_prediction" => PredictionType.Velocity,
            _ => architecture switch
            {
                "stable-diffusion-v2-512" => PredictionType.Epsilon,
                "stable-diffusion-v2-768-v" => PredictionType.Velocity,
                _ => null,
            },
        };
    }

    // The training steps by which diffusers knows 2.0's base model and 2.1. It takes any other for v, which is wrong for 2.1's base model; that is asked for
    // here.
    private static PredictionType? OfFamily(WeightSource source, CheckpointFamily family) =>
        family == CheckpointFamily.StableDiffusion1
            ? PredictionType.Epsilon
            : StepOf(source) switch
            {
                875_000 => PredictionType.Epsilon,
                110_000 => PredictionType.Velocity,
                _ => null,
            };

    private static long? StepOf(WeightSource source)
    {
        if (!source.Entries.TryGetValue("global_step", out var entry) || entry.Shape.Aggregate(1L, (a, b) => a * b) != 1)
        {
            return null;
        }

        TorchRuntime.Initialise();
        using var scope = NewDisposeScope();
        return source.Get("global_step").to(ScalarType.Int64).item<long>();
    }
}
