using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Implantations;

/// <summary>A job on a server. Tests may derive from it: every method can be overridden.</summary>
public class ImplantationHandle
{
    private readonly IOneShotTransport? _transport;

    /// <summary>For tests that derive from this class.</summary>
    /// <param name="id">The job's id.</param>
    protected ImplantationHandle(string id) => Id = id;

    internal ImplantationHandle(string id, IOneShotTransport transport)
        : this(id) => _transport = transport;

    /// <summary>The job's id.</summary>
    public string Id { get; }

    private IOneShotTransport Transport => _transport ?? throw new NotSupportedException("This handle was made for a test, and the method is not overridden.");

    /// <summary>All that is known of the job now.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<ImplantationStatus> GetStatusAsync(CancellationToken cancellationToken = default) => Transport.GetStatusAsync(Id, cancellationToken);

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
        return Transport.WatchAsync(Id, fromSequence - 1, cancellationToken);
    }

    /// <summary>Waits until the job has ended.</summary>
    /// <param name="cancellationToken">Stops waiting; the job goes on.</param>
    /// <returns>Its result.</returns>
    /// <exception cref="OneShotException">The job's own error when it failed; cancelled; not_found; unavailable.</exception>
    public virtual async Task<ImplantationResult> GetResultAsync(CancellationToken cancellationToken = default) =>
        new(await JobOutcome.WaitAsync(GetStatusAsync, WatchAsync, cancellationToken), Transport.Results);

    /// <summary>Ends the job without result; an ended one stays as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public virtual Task<ImplantationStatus> CancelAsync(CancellationToken cancellationToken = default) => Transport.CancelAsync(Id, cancellationToken);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: the job has not ended; unavailable.</exception>
    public virtual Task DeleteAsync(CancellationToken cancellationToken = default) => Transport.DeleteAsync(Id, cancellationToken);
}
