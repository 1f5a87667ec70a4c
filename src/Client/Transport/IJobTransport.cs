using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Transport;

/// <summary>A way to the caller's jobs of one kind, by their ids.</summary>
/// <typeparam name="TStatus">What is told of them.</typeparam>
public interface IJobTransport<TStatus>
    where TStatus : class, IJobStatus
{
    /// <summary>Where their results come from.</summary>
    IResultSource Results { get; }

    /// <summary>All that is known of a job.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<TStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A job's events behind one that is known, until the job has ended, however often the way to the server breaks.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="after">The number of the last event that is known; 0: none is.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events, each once and in order.</returns>
    /// <exception cref="OneShotException">not_found; unavailable: asking again as often as any call is asked brought nothing.</exception>
    IAsyncEnumerable<ProgressEvent> WatchAsync(string id, long after, CancellationToken cancellationToken = default);

    /// <summary>Ends a job without result; an ended one stays as it is.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<TStatus> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it has not ended; unavailable.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A page of them, newest first.</summary>
    /// <param name="query">Which; its kind does not count.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input; unavailable.</exception>
    Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default);
}

/// <summary>A way to the caller's jobs of one kind.</summary>
/// <typeparam name="TRequest">What they are asked with.</typeparam>
/// <typeparam name="TStatus">What is told of them.</typeparam>
public interface IJobTransport<in TRequest, TStatus> : IJobTransport<TStatus>
    where TRequest : class, IJobRequest
    where TStatus : class, IJobStatus
{
    /// <summary>Submits a job whose files are uploaded.</summary>
    /// <param name="request">What to do; whose job it is says the server.</param>
    /// <param name="idempotencyKey">Of the same key there is one job, however often it is submitted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What is known of the job.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input; conflict; not_found: a generation names an implantation that is not there; blob_missing; unauthenticated, forbidden, limit, unavailable.
    /// </exception>
    Task<TStatus> SubmitAsync(TRequest request, string idempotencyKey, CancellationToken cancellationToken = default);
}

/// <summary>A way to the caller's implantations.</summary>
public interface IImplantationTransport : IJobTransport<ImplantationRequest, ImplantationStatus>
{
    /// <summary>What a job would take, and when it would start, if it were submitted now. Nothing is created, and no file need be uploaded.</summary>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The estimate.</returns>
    /// <exception cref="OneShotException">invalid_input: it would be refused; unauthenticated, forbidden, limit, unavailable.</exception>
    Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default);

    /// <summary>Runs a job again that has failed or was cancelled, under its id.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it goes on by itself, or has succeeded; blob_missing; limit; unavailable.</exception>
    Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken = default);
}
