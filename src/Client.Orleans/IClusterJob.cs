using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Cluster;

/// <summary>What jobs of both kinds can be told and asked.</summary>
/// <typeparam name="TStatus">What is told of them.</typeparam>
internal interface IClusterJob<TStatus>
    where TStatus : class, IJobStatus
{
    /// <summary>All that is known of the job; null if there is no such job.</summary>
    Task<TStatus?> FindStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Its log from a number on, then new events.</summary>
    IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default);

    /// <summary>Ends it without result.</summary>
    Task<TStatus> CancelAsync(CancellationToken cancellationToken = default);

    /// <summary>Deletes it, if it has ended.</summary>
    Task DeleteAsync(CancellationToken cancellationToken = default);
}
