using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Watching;

/// <summary>Where the state and the events of a job come from.</summary>
/// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
public interface IWatchedJob<TStatus>
    where TStatus : class, IJobStatus
{
    /// <summary>All that is known of the job.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OneShotException">not_found.</exception>
    Task<TStatus> GetStatusAsync(CancellationToken cancellationToken = default);

    /// <summary>Puts an unfinished job that nobody works for back into the queue.</summary>
    /// <param name="reason">Why, such as "restart".</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>True if it was queued again.</returns>
    Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default);

    /// <summary>The progress log from a sequence number on, then new events until the job has ended or waits for the next start of its process.</summary>
    /// <param name="fromSequence">First sequence number wanted, 1 for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events without gaps.</returns>
    /// <exception cref="OneShotException">unavailable: it broke, and could not be opened again.</exception>
    IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default);
}

/// <summary>An implantation that is watched.</summary>
public interface IWatchedJob : IWatchedJob<ImplantationStatus>;
