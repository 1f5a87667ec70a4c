using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Recovery;

/// <summary>Notices that the list of jobs is empty while the store holds some.</summary>
public static class LostJobs
{
    /// <summary>Looks.</summary>
    /// <param name="client">The jobs.</param>
    /// <param name="store">Their artifacts.</param>
    /// <param name="data">The data folder, where the jobs are those of one machine; null: those of a cluster.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>A sentence that says so; null: there are jobs, or there is nothing of any.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<string?> FindAsync(
        ClusterClient client,
        IArtifactStore store,
        DataFolder? data = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(store);
        if ((await client.ListPageAsync(new JobQuery { Kind = null, PageSize = 1 }, cancellationToken)).Jobs.Length > 0)
        {
            return null;
        }

        await foreach (var _ in store.ListFoldersAsync(StorePaths.Jobs, cancellationToken))
        {
            return data is null
                ? "There are no jobs, but the artifact store holds files of some: list the finished ones again with: oneshot jobs recover"
                : $"No jobs are listed, but {data} holds files of some: of a cluster that shares the folder, or of a list that was lost. Finished ones are "
                    + $"listed again by: oneshot jobs recover{data.AsOption()}";
        }

        return null;
    }
}
