using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Bench.Queue;

/// <summary>Stands in for the engine: every job is done at once, so what is left is the cost of the queue, the state and the publication.</summary>
/// <param name="measures">Whether it makes up metrics, of the range of real ones and the same for a job each time.</param>
internal sealed class InstantEngine(bool measures = false) : ITrainingEngine
{
    /// <inheritdoc/>
    public EngineResult Run(EngineJob job, IEngineObserver observer, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(job);
        var result = Directory.CreateDirectory(Path.Combine(job.WorkFolder, "result")).FullName;
        // A result without files is none.
        File.WriteAllText(Path.Combine(result, "result.txt"), job.JobId);
        return new EngineResult(result, measures ? Metrics(job.JobId) : null, [], []);
    }

    private static JobMetrics Metrics(string jobId)
    {
        var share = jobId.Aggregate(7u, (hash, sign) => (hash * 31) + sign) % 1000 / 1000.0;
        return new JobMetrics
        {
            Ia = 0.6 + (0.2 * share),
            Ta = 0.3 - (0.05 * share),
            Objects =
            [
                new()
                {
                    Token = "<object>",
                    Class = "object",
                    IaObject = 0.6 + (0.2 * share),
                    IaCompared = 0.6 + (0.2 * share),
                    IaClass = 0.5,
                },
            ],
        };
    }
}
