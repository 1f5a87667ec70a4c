using System.Runtime.CompilerServices;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Datasets;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Retention;

/// <summary>
/// What dataset runs still need that no job names yet: items wait for longer than an input without a job is kept. Of a run that has finished every item had its
/// job, which keeps its inputs itself.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="grains">The runs.</param>
internal sealed class DatasetInputs(IArtifactStore store, IGrainFactory grains)
{
    /// <summary>
    /// Reads what was asked for with the items of all runs that have not finished. Of a run that nobody knows too: its state may be lost, and its files are all
    /// that tells of it.
    /// </summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Requests, batch by batch.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    /// <exception cref="InvalidDataException">A batch is damaged: nobody can say what its items need.</exception>
    public async IAsyncEnumerable<ImplantationRequest> ReadUnfinishedAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var runs = new List<string>();
        await foreach (var run in store.ListFoldersAsync(StorePaths.DatasetRuns, cancellationToken))
        {
            runs.Add(run);
        }

        foreach (var run in runs)
        {
            if (await grains.GetGrain<IDatasetRunGrain>(run).GetStatus() is { State: DatasetRunState.Finished })
            {
                continue;
            }
            await foreach (var request in new DatasetBatches(store, run).ReadAllAsync(cancellationToken))
            {
                yield return request;
            }
        }
    }
}
