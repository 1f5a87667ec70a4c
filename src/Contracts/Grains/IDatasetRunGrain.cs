using System.Collections.Immutable;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// A run over many photos (key: its id): makes jobs of items, a bounded number at a time, and knows how each has ended. Jobs stay what they are; a run holds no
/// result. Every call may be said again.
/// </summary>
[Alias("oneshot.IDatasetRunGrain")]
public interface IDatasetRunGrain : IGrainWithStringKey
{
    /// <summary>Makes the run, which has no items yet.</summary>
    /// <param name="request">What it is to be.</param>
    /// <returns>The run.</returns>
    /// <exception cref="OneShotException">invalid_input; conflict: it is there with another request.</exception>
    [Alias("Create")]
    Task<DatasetRunStatus> Create(DatasetRunRequest request);

    /// <summary>
    /// Adds items. One that is there already is left as it is; another request (or error) for one that has failed takes its place, and runs with the next
    /// retry.
    /// </summary>
    /// <param name="items">1 to <see cref="DatasetRules.MostInBatch"/> items.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">
    /// not_found; invalid_input; conflict: an item is there with another request and has not failed, or another item has its id. Nothing is added then.
    /// </exception>
    [Alias("AddItems")]
    Task<DatasetRunStatus> AddItems(ImmutableArray<DatasetItem> items);

    /// <summary>All that is known of the run but its items.</summary>
    /// <returns>The status, as it is stored; null if there is no such run.</returns>
    [Alias("GetStatus")]
    Task<DatasetRunStatus?> GetStatus();

    /// <summary>The status each time that it has changed, until the run is at rest.</summary>
    /// <param name="after">The version that is known; 0: none is.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Statuses of growing versions.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Watch")]
    IAsyncEnumerable<DatasetRunStatus> Watch(long after, CancellationToken cancellationToken = default);

    /// <summary>A page of items, by number.</summary>
    /// <param name="query">Which.</param>
    /// <returns>The page, as it is stored.</returns>
    /// <exception cref="OneShotException">not_found; invalid_input.</exception>
    [Alias("ListItems")]
    Task<DatasetItemPage> ListItems(DatasetItemQuery query);

    /// <summary>Starts nothing more and cancels the jobs that run. At rest it stays as it is.</summary>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Cancel")]
    Task<DatasetRunStatus> Cancel();

    /// <summary>Goes on with what was cancelled or waits.</summary>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Resume")]
    Task<DatasetRunStatus> Resume();

    /// <summary>Runs the items again that have failed and have a request.</summary>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it was cancelled, and is to be resumed first.</exception>
    [Alias("Retry")]
    Task<DatasetRunStatus> Retry();

    /// <summary>Forgets a run at rest. Its jobs stay.</summary>
    /// <returns>True if it is gone; false if there was none.</returns>
    /// <exception cref="OneShotException">conflict: it is not at rest.</exception>
    [Alias("Delete")]
    Task<bool> Delete();

    /// <summary>
    /// A job that may be the run's has ended. The run asks the job itself how, if it is one that it has made; other jobs are none of its business.
    /// </summary>
    /// <param name="jobId">The job.</param>
    /// <param name="number">The number of the item that the job names.</param>
    /// <returns>When stored.</returns>
    [Alias("Ended")]
    Task Ended(string jobId, int number);

    /// <summary>Has an unfinished run go on, after a restart for example: it asks its jobs how they are, and starts what may start.</summary>
    /// <returns>True if it is one that goes on.</returns>
    [Alias("EnsureRunning")]
    Task<bool> EnsureRunning();
}

/// <summary>The list of all dataset runs (key: 0).</summary>
[Alias("oneshot.IDatasetCatalogGrain")]
public interface IDatasetCatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Adds or replaces a run. One that is not at rest is asked itself when it is listed, so only changes of the state need be told.</summary>
    /// <param name="run">The run.</param>
    /// <returns>When durable.</returns>
    [Alias("Put")]
    Task Put(DatasetRunStatus run);

    /// <summary>Removes a run.</summary>
    /// <param name="runId">Its id.</param>
    /// <returns>When durable.</returns>
    [Alias("Remove")]
    Task Remove(string runId);

    /// <summary>A page of runs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">invalid_input.</exception>
    [Alias("List")]
    Task<DatasetRunPage> List(DatasetRunQuery query);
}
