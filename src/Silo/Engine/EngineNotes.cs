using OrleansOneShot.Compute.Implantation;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>Passes what a run tells on to the job, and keeps its warnings.</summary>
/// <param name="job">The job.</param>
/// <param name="observer">The job's observer.</param>
/// <param name="store">Where previews go.</param>
/// <param name="memory">Looks at the run's memory after each step.</param>
internal sealed class EngineNotes(EngineJob job, IEngineObserver observer, IArtifactStore store, PeakMeasurement memory) : IImplantationObserver
{
    private readonly List<string> _warnings = [];
    private int _trainingSteps;

    /// <summary>What the user should know.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <inheritdoc/>
    public void Progress(ImplantationStage stage, int step, int steps, string? message = null)
    {
        memory.Look();
        if (stage == ImplantationStage.Training)
        {
            _trainingSteps = steps;
        }

        observer.Report(Update(stage, step, steps) with { Message = SecretText.Scrub(message) });
    }

    /// <inheritdoc/>
    public void Step(int step, int steps, StepLosses losses, double seconds)
    {
        memory.Look();
        observer.Report(Update(ImplantationStage.Training, step, steps) with
        {
            Losses = new TermLosses(losses.Global, losses.Object, losses.Class),
            StepSeconds = seconds,
        });
    }

    /// <inheritdoc/>
    public void Warning(string message)
    {
        message = SecretText.Scrub(message)!;
        _warnings.Add(message);
        observer.Report(Update(ImplantationStage.Preparing, 0, 0) with { Message = message, IsWarning = true });
    }

    /// <inheritdoc/>
    public void Checkpoint(int step, string path) => observer.CommitCheckpoint(step, path);

    /// <inheritdoc/>
    public void Preview(int step, byte[] png)
    {
        var path = FormattableString.Invariant($"{BlobPaths.Job(job.JobId)}epochs/{job.Epoch}/preview-{step:0000}.png");
        using var content = new MemoryStream(png);
        store.WriteAsync(path, content).GetAwaiter().GetResult();
        observer.Report(Update(ImplantationStage.Training, step, _trainingSteps) with { Preview = path });
    }

    private static ProgressUpdate Update(ImplantationStage stage, int step, int steps) => new()
    {
        Time = DateTimeOffset.UtcNow,
        Stage = stage switch
        {
            ImplantationStage.Preparing => JobState.Preparing,
            ImplantationStage.Training => JobState.Training,
            _ => JobState.Sampling,
        },
        Step = step,
        Steps = steps,
    };
}
