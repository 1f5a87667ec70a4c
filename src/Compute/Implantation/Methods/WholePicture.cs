using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Models.Vae;
using OrleansOneShot.Compute.Schedulers;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>What the methods without a mask have in common.</summary>
internal static class WholePicture
{
    /// <summary>What is minimised.</summary>
    /// <param name="run">The run.</param>
    /// <param name="prompts">Ids of the prompts of which a step draws one.</param>
    /// <param name="classPrompt">Ids of the class pictures' prompt; null without prior preservation.</param>
    public static ITrainingObjective Objective(MethodRun run, IReadOnlyList<Tensor> prompts, Tensor? classPrompt = null) =>
        new WholePictureObjective(
            run.Predictor,
            run.Conditioner,
            prompts,
            classPrompt,
            run.Options.PriorWeight,
            run.Models.Scheduler.Prediction,
            run.Options.Objective.MinSnrGamma
        );

    /// <summary>Latents, noise and timesteps, which are those that the prototypical method draws.</summary>
    /// <param name="run">The run.</param>
    /// <param name="posterior">The posterior of what is learned.</param>
    /// <param name="augmented">What a step may see in its place.</param>
    public static StepRandom Draws(MethodRun run, VaePosterior posterior, IReadOnlyList<TrainingView>? augmented = null) =>
        new(
            run.Options.Seed,
            posterior,
            run.Models.Vae.Config.ScalingFactor,
            new NoiseSchedule(run.Models.Scheduler),
            run.Preparation.Tokens.Count,
            1,
            augmented: augmented
        );
}
