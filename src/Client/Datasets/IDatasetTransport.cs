using System.Collections.Immutable;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Datasets;

/// <summary>What the use cases of dataset runs need of a server. Every call may be said again, and is repeated where that helps.</summary>
public interface IDatasetTransport
{
    /// <summary>Makes a run, which has no items yet.</summary>
    /// <param name="request">What it is to be; whose run it is says the server.</param>
    /// <param name="idempotencyKey">Of the same key there is one run, however often it is made.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run.</returns>
    /// <exception cref="OneShotException">invalid_input; conflict: the key was used for another; unauthenticated, forbidden, limit, unavailable.</exception>
    Task<DatasetRunStatus> CreateAsync(DatasetRunRequest request, string idempotencyKey, CancellationToken cancellationToken = default);

    /// <summary>
    /// Adds items, whose files are uploaded. An item that the run has already is left as it is; another request for one that has failed takes its place, and
    /// runs with the next retry.
    /// </summary>
    /// <param name="id">The run's id.</param>
    /// <param name="items">1 to <see cref="DatasetRules.MostInBatch"/> items, of at most <see cref="DatasetRules.MostBatchBytes"/>.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">
    /// not_found; invalid_input; conflict: an item is there with another request and has not failed, or another item has its id; blob_missing; unavailable.
    /// </exception>
    Task<DatasetRunStatus> AddItemsAsync(string id, ImmutableArray<DatasetItem> items, CancellationToken cancellationToken = default);

    /// <summary>All that is known of a run but its items.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<DatasetRunStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A run's status each time that it has changed, until the run is at rest. What changes quickly is told together.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="after">The version that is known; 0: none is.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Statuses of growing versions, the one of now first unless it is known.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    IAsyncEnumerable<DatasetRunStatus> WatchAsync(string id, long after = 0, CancellationToken cancellationToken = default);

    /// <summary>A page of a run's items, by number.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">not_found; invalid_input; unavailable.</exception>
    Task<DatasetItemPage> ListItemsPageAsync(string id, DatasetItemQuery query, CancellationToken cancellationToken = default);

    /// <summary>Starts nothing more, and cancels the jobs that run. A run that is at rest stays as it is.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards, mostly <see cref="DatasetRunState.Cancelling"/>.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<DatasetRunStatus> CancelAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Goes on with what was cancelled or waits.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    Task<DatasetRunStatus> ResumeAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Runs the items again that have failed, and nothing else. Those that were added with an error stay as they are.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it was cancelled, and is to be resumed first; unavailable.</exception>
    Task<DatasetRunStatus> RetryAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Forgets a run that is at rest. Its jobs and their results stay.</summary>
    /// <param name="id">The run's id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it is not at rest; unavailable.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>A page of the caller's runs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input; unavailable.</exception>
    Task<DatasetRunPage> ListPageAsync(DatasetRunQuery query, CancellationToken cancellationToken = default);
}
