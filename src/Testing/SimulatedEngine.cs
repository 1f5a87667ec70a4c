using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Testing;

/// <summary>
/// Stands in for training: counts steps with losses that fall, keeps checkpoints, heeds a cancel, and leaves small files of the kinds that a real job leaves.
/// Every property may be set while the host runs; jobs look at it when they come to it.
/// </summary>
public sealed class SimulatedEngine : ITrainingEngine
{
    /// <summary>Steps of a job that does not say how many it wants.</summary>
    public const int DefaultSteps = 10;

    private const string Device = "simulated";
    private const string Warning = "Nothing was computed: this is a simulated result.";

    internal SimulatedEngine() { }

    /// <summary>How long a training step, or a picture of a generation, takes by <see cref="Clock"/>, 0 or more. Default: 0.</summary>
    public TimeSpan StepTime { get; set; }

    /// <summary>The clock by which steps take their time: with one that a test sets, jobs go on when the test says so.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>What every job fails with in the middle of its work; null (the default): jobs succeed.</summary>
    public OneShotException? Failure { get; set; }

    /// <summary>The quality that jobs measure; null (the default): plausible values, for each of the job's own objects.</summary>
    public JobMetrics? Metrics { get; set; }

    /// <inheritdoc/>
    EngineResult ITrainingEngine.Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        var steps = job.Request.Training.Steps ?? DefaultSteps;
        observer.Report(Update(JobState.Preparing, 1, 1));
        Train(job, observer, steps, cancellationToken);
        var pictures = Math.Max(1, job.Request.Samples.Prompts.Length) * job.Request.Samples.PerPrompt;
        for (var picture = 1; picture <= pictures; picture++)
        {
            observer.Report(Update(JobState.Sampling, picture, pictures));
        }

        var metrics = Metrics ?? SimulatedResult.Measure(job.Request);
        var folder = Path.Combine(job.WorkFolder, "result");
        SimulatedResult.Write(folder, job.Request, metrics, pictures);
        return new EngineResult(folder, metrics, [Warning], SimulatedResult.Describe(job.Request.Model.Name, steps, Device));
    }

    /// <inheritdoc/>
    EngineResult ITrainingEngine.Draw(DrawingJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        var pictures = job.Request.Prompts.Length * job.Request.PerPrompt;
        observer.Report(Update(JobState.Preparing, 1, 1));
        for (var picture = 1; picture <= pictures; picture++)
        {
            Wait(cancellationToken);
            FailBehind(picture, pictures);
            observer.Report(Update(JobState.Sampling, picture, pictures));
        }

        var folder = Path.Combine(job.WorkFolder, "result");
        SimulatedResult.Write(folder, job.Request, pictures);
        return new EngineResult(folder, null, [Warning], SimulatedResult.Describe(job.Request.Model.Name, job.Request.Steps ?? DefaultSteps, Device));
    }

    private void FailBehind(int done, int all)
    {
        if (Failure is { } failure && 2 * done > all)
        {
            throw failure;
        }
    }

    private void Train(EngineJob job, IEngineObserver observer, int steps, CancellationToken cancellationToken)
    {
        var committed = job.Resume?.Step ?? 0;
        for (var step = committed + 1; step <= steps; step++)
        {
            try
            {
                Wait(cancellationToken);
            }
            catch (OperationCanceledException) when (step - 1 > committed)
            {
                Commit(job, observer, step - 1);
                throw;
            }

            FailBehind(step, steps);
            observer.Report(
                Update(JobState.Training, step, steps) with
                {
                    Losses = new TermLosses(Global: 1.0 / step, Object: 0.5 / step, Class: 0.1 / step),
                    StepSeconds = StepTime.TotalSeconds,
                }
            );
            if (step % job.Request.Training.CheckpointEvery == 0)
            {
                Commit(job, observer, step);
                committed = step;
            }
        }
    }

    // The engine's thread is its own: it may block.
    private void Wait(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (StepTime > TimeSpan.Zero)
        {
            Task.Delay(StepTime, Clock, cancellationToken).GetAwaiter().GetResult();
        }
    }

    private static void Commit(EngineJob job, IEngineObserver observer, int step)
    {
        var path = Path.Combine(job.WorkFolder, "checkpoint.safetensors");
        File.WriteAllBytes(path, SimulatedResult.Weights($"step {step}"));
        observer.CommitCheckpoint(step, path, job.Settled);
        File.Delete(path);
    }

    private ProgressUpdate Update(JobState stage, int step, int steps) =>
        new()
        {
            Time = Clock.GetUtcNow(),
            Stage = stage,
            Step = step,
            Steps = steps,
        };
}
