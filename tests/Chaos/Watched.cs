using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Chaos;

/// <summary>A job as its user sees it, be it an implantation or a generation.</summary>
internal sealed class Watched
{
    private readonly Func<CancellationToken, Task<IJobStatus>> _getStatus;
    private readonly Func<long, CancellationToken, IAsyncEnumerable<ProgressEvent>> _watch;

    private Watched(string id, Func<CancellationToken, Task<IJobStatus>> getStatus, Func<long, CancellationToken, IAsyncEnumerable<ProgressEvent>> watch) =>
        (Id, _getStatus, _watch) = (id, getStatus, watch);

    /// <summary>The job's id.</summary>
    public string Id { get; }

    /// <summary>An implantation.</summary>
    /// <param name="job">The job.</param>
    public static Watched Of(ClusterImplantation job) => new(job.Id, async token => await job.GetStatusAsync(token), job.WatchAsync);

    /// <summary>A generation.</summary>
    /// <param name="job">The job.</param>
    public static Watched Of(ClusterGeneration job) =>
        new(
            job.Id,
            async token =>
                await job.FindStatusAsync(token)
                ?? throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"There is no generation {job.Id}, which was acknowledged.")),
            job.WatchAsync
        );

    /// <summary>All that is known of it.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<IJobStatus> GetStatusAsync(CancellationToken cancellationToken) => _getStatus(cancellationToken);

    /// <summary>Its events.</summary>
    /// <param name="fromSequence">First one wanted.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence, CancellationToken cancellationToken) => _watch(fromSequence, cancellationToken);

    /// <summary>How often it was retried.</summary>
    /// <param name="status">The job.</param>
    public static int RetriesOf(IJobStatus status) => (status as ImplantationStatus)?.Retries ?? 0;
}
