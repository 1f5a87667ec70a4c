using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Bench.Queue;

/// <summary>Stands in for the engine: every job is done at once, so what is left is the cost of the queue, the state and the publication.</summary>
internal sealed class InstantEngine : ITrainingEngine
{
    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var result = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        // A result without files is none.
        File.WriteAllText(Path.Combine(result, "result.txt"), job.JobId);
        return new EngineResult(result, null, [], []);
    }
}
