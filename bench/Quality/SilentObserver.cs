using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Bench.Quality;

/// <summary>Says nothing.</summary>
internal sealed class SilentObserver : IImplantationObserver
{
    public void Progress(ImplantationStage stage, int step, int steps, string? message = null) { }

    public void Step(int step, int steps, StepLosses losses, double seconds) { }

    public void Warning(string message) { }

    public void Checkpoint(int step, string path) { }

    public void Preview(int step, byte[] png, SampleMetrics? metrics) { }
}
