using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Bench.Http;

/// <summary>Stands in for the engine: tells events at a steady pace, or leaves a large file, as the request's name says.</summary>
internal sealed class ScriptedEngine : ITrainingEngine
{
    /// <summary>A job of events.</summary>
    public const string Events = "events";

    /// <summary>A job whose result has a file of <see cref="LargeBytes"/>.</summary>
    public const string Large = "large";

    /// <summary>The large file's name.</summary>
    public const string LargeFile = "large.bin";

    /// <summary>The large file's length: 64 MiB.</summary>
    public const int LargeBytes = 64 << 20;

    /// <summary>Time between two events.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(250);

    private const int EventCount = 160;

    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        ArgumentNullException.ThrowIfNull(observer);
        var folder = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        if (job.Request.Name == Large)
        {
            var bytes = new byte[LargeBytes];
            new Random(1).NextBytes(bytes);
            File.WriteAllBytes(Path.Combine(folder, LargeFile), bytes);
            return new EngineResult(folder, null, [], []);
        }

        for (var step = 1; step <= EventCount; step++)
        {
            cancellationToken.WaitHandle.WaitOne(Pace);
            cancellationToken.ThrowIfCancellationRequested();
            observer.Report(
                new ProgressUpdate
                {
                    Time = DateTimeOffset.UtcNow,
                    Stage = JobState.Training,
                    Step = step,
                    Steps = EventCount,
                }
            );
        }

        return new EngineResult(folder, null, [], []);
    }
}
