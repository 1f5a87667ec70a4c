using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>Steps on this machine alone: all terms in one pass, or in micro-batches.</summary>
/// <param name="trainer">The trainer.</param>
/// <param name="options">Options.</param>
/// <param name="microBatch">Terms a pass.</param>
internal sealed class BatchSteps(Trainer trainer, ImplantationOptions options, int microBatch) : ITrainingSteps
{
    /// <inheritdoc/>
    public IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken) =>
        [trainer.Step(step, LearningRate.Of(options).Factor(step), microBatch)];
}
