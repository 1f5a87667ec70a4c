namespace OrleansOneShot.Compute.Implantation;

/// <summary>Keeps a run's warnings for its documents, and passes everything on.</summary>
/// <param name="observer">Who is told.</param>
/// <param name="before">What was told already.</param>
internal sealed class WarningRecord(IImplantationObserver observer, IReadOnlyList<string> before) : IImplantationObserver
{
    private readonly List<string> _warnings = [.. before];

    /// <summary>The warnings, in their order, each once.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public void Warning(string message)
    {
        if (!_warnings.Contains(message))
        {
            _warnings.Add(message);
        }

        observer.Warning(message);
    }

    /// <inheritdoc/>
    public void Progress(ImplantationStage stage, int step, int steps, string? message = null) => observer.Progress(stage, step, steps, message);

    /// <inheritdoc/>
    public void Step(int step, int steps, StepLosses losses, double seconds) => observer.Step(step, steps, losses, seconds);

    /// <inheritdoc/>
    public void Settled(RunSettlement settlement) => observer.Settled(settlement);

    /// <inheritdoc/>
    public void Checkpoint(int step, string path) => observer.Checkpoint(step, path);

    /// <inheritdoc/>
    public void Preview(int step, byte[] png, SampleMetrics? metrics) => observer.Preview(step, png, metrics);
}
