using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.FanOut;

/// <summary>Takes the steps of a run, in one of the ways of <see cref="TermEvaluation"/>.</summary>
internal interface ITrainingSteps
{
    /// <summary>Takes the next step, or the next round of steps.</summary>
    /// <param name="step">The step, from 0.</param>
    /// <param name="cancellationToken">Gives up; what trains is then as before the call.</param>
    /// <returns>The losses, an entry a step taken.</returns>
    IReadOnlyList<StepLosses> Advance(int step, CancellationToken cancellationToken);
}

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
