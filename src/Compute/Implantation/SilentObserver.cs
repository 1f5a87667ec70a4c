namespace OrleansOneShot.Compute.Implantation;

/// <summary>Hears nothing.</summary>
internal sealed class SilentObserver : IImplantationObserver
{
    private SilentObserver() { }

    /// <summary>The observer.</summary>
    public static SilentObserver Instance { get; } = new();

    /// <inheritdoc/>
    public void Progress(ImplantationStage stage, int step, int steps, string? message = null) { }

    /// <inheritdoc/>
    public void Step(int step, int steps, StepLosses losses, double seconds) { }

    /// <inheritdoc/>
    public void Warning(string message) { }

    /// <inheritdoc/>
    public void Checkpoint(int step, string path) { }

    /// <inheritdoc/>
    public void Preview(int step, byte[] png, SampleMetrics? metrics = null) { }
}
