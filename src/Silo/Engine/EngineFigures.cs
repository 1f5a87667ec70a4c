using OrleansOneShot.Compute;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Counts what a run tells of the machine.</summary>
/// <param name="instruments">Metrics; null: nothing is counted.</param>
/// <param name="model">The run's base model.</param>
internal sealed class EngineFigures(OneShotInstruments? instruments, string model) : IRunFigures
{
    /// <inheritdoc/>
    public void ModelLoaded(TimeSpan elapsed) => instruments?.OnModelLoaded(model, elapsed);

    /// <inheritdoc/>
    public void StepNotFinite() => instruments?.OnNonFiniteStep(model);
}
