using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Client.Cluster;

/// <content>Runs over many photos.</content>
public sealed partial class ClusterClient
{
    /// <summary>A dataset run by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The run's handle.</returns>
    public ClusterDatasetRun GetDatasetRun(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ClusterDatasetRun(id, _grains.GetGrain<IDatasetRunGrain>(id), this);
    }

    /// <summary>A page of dataset runs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    public Task<DatasetRunPage> ListDatasetRunsPageAsync(DatasetRunQuery query, CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<IDatasetCatalogGrain>(0).List(query), cancellationToken);
}
