using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>STUB, to be removed with the binding to OrleansOneShot.Compute: counts steps, commits checkpoints and writes a text file as the result. It trains nothing.</summary>
internal sealed class StubTrainingEngine : ITrainingEngine
{
    private static readonly TimeSpan StepTime = TimeSpan.FromMilliseconds(20);

    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        var steps = job.Request.Training.Steps ?? 100;
        var step = job.Resume?.Step ?? 0;
        observer.Report(Update(JobState.Preparing, step, steps) with { Message = "This build carries a stub engine: nothing is trained.", IsWarning = true });
        while (step < steps)
        {
            if (cancellationToken.WaitHandle.WaitOne(StepTime))
            {
                Commit(job, observer, step);
                cancellationToken.ThrowIfCancellationRequested();
            }

            step++;
            observer.Report(Update(JobState.Training, step, steps) with { Losses = new TermLosses(1.0 / step, 0.5 / step, 0.1), StepSeconds = StepTime.TotalSeconds });
            if (step % job.Request.Training.CheckpointEvery == 0)
            {
                Commit(job, observer, step);
            }
        }

        observer.Report(Update(JobState.Sampling, steps, steps));
        var folder = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        File.WriteAllText(Path.Combine(folder, $"{job.Request.Name}.txt"), $"seed {job.Request.Seed}, {steps} steps\n");
        return new EngineResult(folder, null, [], new JsonObject { ["engine"] = "stub" });
    }

    private static void Commit(EngineJob job, IEngineObserver observer, int step)
    {
        var path = Path.Combine(job.WorkFolder, "checkpoint");
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes($"step {step}"));
        observer.CommitCheckpoint(step, path);
    }

    private static ProgressUpdate Update(JobState stage, int step, int steps) => new() { Time = DateTimeOffset.UtcNow, Stage = stage, Step = step, Steps = steps };
}
