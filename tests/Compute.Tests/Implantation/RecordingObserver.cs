using OrleansOneShot.Compute.Implantation;

namespace OrleansOneShot.Compute.Tests.Implantation;

/// <summary>Keeps what a run tells, and copies of its checkpoints.</summary>
internal sealed class RecordingObserver(string folder) : IImplantationObserver
{
    public List<StepLosses> Losses { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<string> Messages { get; } = [];

    public string? Checkpoint { get; private set; }

    public int CheckpointStep { get; private set; }

    public List<int> CheckpointSteps { get; } = [];

    /// <summary>When previews came, and what was measured of them.</summary>
    public List<(int Step, SampleMetrics? Metrics)> Previews { get; } = [];

    /// <summary>What the run settled last.</summary>
    public RunSettlement? Settlement { get; private set; }

    /// <summary>Called after each step with the number of steps done.</summary>
    public Action<int>? AfterStep { get; init; }

    /// <summary>Called with the stage of whatever goes on.</summary>
    public Action<ImplantationStage>? OnStage { get; init; }

    public void Progress(ImplantationStage stage, int step, int steps, string? message = null)
    {
        OnStage?.Invoke(stage);
        if (message is not null)
        {
            Messages.Add(message);
        }
    }

    public void Step(int step, int steps, StepLosses losses, double seconds)
    {
        Losses.Add(losses);
        AfterStep?.Invoke(step);
    }

    public void Settled(RunSettlement settlement) => Settlement = settlement;

    public void Warning(string message) => Warnings.Add(message);

    void IImplantationObserver.Checkpoint(int step, string path)
    {
        Checkpoint = Path.Combine(folder, $"checkpoint-{step}.safetensors");
        File.Copy(path, Checkpoint, overwrite: true);
        CheckpointStep = step;
        CheckpointSteps.Add(step);
    }

    public void Preview(int step, byte[] png, SampleMetrics? metrics)
    {
        Assert.NotEmpty(png);
        Previews.Add((step, metrics));
    }
}
