using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Transport;

/// <summary>
/// A way to a server: all that the use cases of this package need of it. Every call is repeated where that helps, and says why when it did not.
/// </summary>
public partial interface IOneShotTransport : IAsyncDisposable
{
    /// <summary>Where photos and masks go.</summary>
    IBlobTarget Inputs { get; }

    /// <summary>Where results come from.</summary>
    IResultSource Results { get; }

    /// <summary>Submits a job whose files are uploaded.</summary>
    /// <param name="request">What to do; whose job it is says the server.</param>
    /// <param name="idempotencyKey">Of the same key there is one job, however often it is submitted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>All that is known of the job.</returns>
    /// <exception cref="OneShotException">invalid_input; conflict; blob_missing; unauthenticated, forbidden, limit, unavailable.</exception>
    Task<ImplantationStatus> SubmitAsync(ImplantationRequest request, string idempotencyKey, CancellationToken cancellationToken = default);

    /// <summary>What a job would take, and when it would start, if it were submitted now. Nothing is created, and no file need be uploaded.</summary>
    /// <param name="request">The job.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The estimate.</returns>
    /// <exception cref="OneShotException">invalid_input: it would be refused; unauthenticated, forbidden, limit, unavailable.</exception>
    Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default);

    /// <summary>All that is known of a job.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<ImplantationStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default);

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
    Task<ImplantationStatus> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Deletes an ended job with all its files.</summary>
    /// <param name="id">The job's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it has not ended; unavailable.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A page of the caller's jobs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input; unavailable.</exception>
    Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default);
}
