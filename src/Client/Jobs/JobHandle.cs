using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Jobs;

/// <summary>A job on a server, of either kind. Tests may derive from its kinds: every method can be overridden.</summary>
/// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
/// <typeparam name="TResult">What such a job makes.</typeparam>
public abstract class JobHandle<TStatus, TResult>
    where TStatus : class, IJobStatus
{
    private readonly IJobTransport<TStatus>? _jobs;

    /// <summary>For tests that derive from a kind of jobs.</summary>
    /// <param name="id">The job's id.</param>
    protected JobHandle(string id) => Id = id;

    private protected JobHandle(string id, IJobTransport<TStatus> jobs)
        : this(id) => _jobs = jobs;

    /// <summary>The job's id.</summary>
    public string Id { get; }

    /// <summary>The way to jobs of this kind.</summary>
    private IJobTransport<TStatus> Jobs => Require(_jobs);

    /// <summary>All that is known of the job now.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<TStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Jobs.GetStatusAsync(Id, cancellationToken);

    /// <summary>
    /// The job's events from one on, then new ones until the job has ended. It goes on by itself where the connection or the server's silo breaks.
    /// </summary>
    /// <param name="fromSequence">First sequence number wanted, 1 for all: one more than that of the last event that is known.</param>
    /// <param name="cancellationToken">Ends the stream; the job goes on.</param>
    /// <returns>Events, each once and in order.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fromSequence, 1);
        return Jobs.WatchAsync(Id, fromSequence - 1, cancellationToken);
    }

    /// <summary>Waits until the job has ended.</summary>
    /// <param name="cancellationToken">Stops waiting; the job goes on.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="OneShotException">The job's own error when it failed; cancelled; not_found; unavailable.</exception>
    public virtual async Task<TResult> GetResultAsync(CancellationToken cancellationToken = default) =>
        Wrap(await JobOutcome.WaitAsync(GetStatusAsync, WatchAsync, cancellationToken), Jobs.Results);

    /// <summary>Ends the job without result; an ended one stays as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<TStatus> CancelAsync(CancellationToken cancellationToken = default) => Jobs.CancelAsync(Id, cancellationToken);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: the job has not ended; unavailable.</exception>
    public virtual Task DeleteAsync(CancellationToken cancellationToken = default) => Jobs.DeleteAsync(Id, cancellationToken);

    private protected abstract TResult Wrap(TStatus status, IResultSource files);

    private protected static T Require<T>(T? way)
        where T : class => way ?? throw new NotSupportedException("This handle was made for a test, and the method is not overridden.");
}
