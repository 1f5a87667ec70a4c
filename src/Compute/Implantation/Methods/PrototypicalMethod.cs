using OrleansOneShot.Compute.Method;
using OrleansOneShot.Compute.Schedulers;

namespace OrleansOneShot.Compute.Implantation.Methods;

/// <summary>Lu, Xie and Guo 2024: a LoRA and token vectors from the prototypical embedding, with the object-specific loss and the class loss.</summary>
internal sealed class PrototypicalMethod : ITrainingMethod
{
    private PrototypicalMethod() { }

    /// <summary>The method.</summary>
    public static PrototypicalMethod Instance { get; } = new();

    /// <inheritdoc/>
    public bool Spreads => true;

    /// <inheritdoc/>
    public IReadOnlyList<string> Templates => [];

    /// <inheritdoc/>
    public string? WordsOf(string name, int index) => null;

    /// <inheritdoc/>
    public ITrainedParts CreateParts(MethodRun run) => LoraParts.Create(run, IdentifierVectors.Learned(run));

    /// <inheritdoc/>
    public ITrainingObjective CreateObjective(MethodRun run) =>
        new Objective(
            run.Predictor,
            run.Conditioner,
            run.Joint is null ? null : run.Joint.Text,
            run.Preparation.LatentMasks,
            run.Preparation.Prompts,
            run.Options.Objective with
            {
                PredictionType = run.Models.Scheduler.Prediction,
            }
        );

    /// <inheritdoc/>
    public Func<int, int, StepDraw> CreateDraws(MethodRun run) =>
        new StepRandom(
            run.Options.Seed,
            run.Preparation.Posterior,
            run.Models.Vae.Config.ScalingFactor,
            new NoiseSchedule(run.Models.Scheduler),
            run.Preparation.Tokens.Count,
            run.Options.SubsetSize,
            run.Preparation.Views,
            run.Preparation.Augmented
        ).Draw;

    /// <inheritdoc/>
    public IReadOnlyList<PrototypeCurve> Start(MethodRun run, ITrainedParts parts) => IdentifierVectors.Start(run, parts);
}
