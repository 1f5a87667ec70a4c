using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client;

/// <content>Runs over many photos.</content>
public partial interface IOneShotClient
{
    /// <summary>
    /// Makes a run over many photos, and adds its items one after another: their files are uploaded while the first jobs run already. Comes back when all are
    /// added; the run goes on by itself, and needs nobody.
    /// </summary>
    /// <param name="run">What it is called, and how many items it has.</param>
    /// <param name="entries">The items, read as they are needed.</param>
    /// <param name="progress">Told of the run after each batch, from any thread; or null.</param>
    /// <param name="cancellationToken">Stops adding; the run goes on with what it has.</param>
    /// <returns>The run.</returns>
    /// <exception cref="OneShotException">invalid_input, conflict, unauthenticated, forbidden, limit, unavailable.</exception>
    Task<DatasetRunHandle> RunDatasetAsync(
        DatasetRun run,
        IAsyncEnumerable<DatasetEntry> entries,
        IProgress<DatasetRunStatus>? progress = null,
        CancellationToken cancellationToken = default
    );

    /// <summary>Makes a run without items, for who adds them by <see cref="DatasetRunHandle.AddAsync"/> and looks on meanwhile.</summary>
    /// <param name="run">What it is called, and how many items it will have.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run.</returns>
    /// <exception cref="OneShotException">invalid_input, conflict, unauthenticated, forbidden, limit, unavailable.</exception>
    Task<DatasetRunHandle> CreateDatasetRunAsync(DatasetRun run, CancellationToken cancellationToken = default);

    /// <summary>A run by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>Its handle; whether there is such a run shows with the first call.</returns>
    DatasetRunHandle GetDatasetRun(string id);

    /// <summary>Runs, newest first, page after page as they are asked for.</summary>
    /// <param name="query">Which, and where to begin; null: all.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Runs of the caller.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    IAsyncEnumerable<DatasetRunStatus> ListDatasetRunsAsync(DatasetRunQuery? query = null, CancellationToken cancellationToken = default);
}
