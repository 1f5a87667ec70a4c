using System.Collections.Concurrent;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Recovery;

/// <summary>
/// Rebuilds the list of finished jobs from what the artifact store holds, after the database of a data folder or the Redis of a cluster has lost it, or was put
/// back from an older backup. May be run at any time and again: all other jobs stay as they are. Each job reads and checks its own manifest.
/// </summary>
/// <param name="client">The jobs.</param>
/// <param name="store">Their artifacts.</param>
public sealed class JobsRecovery(ClusterClient client, IArtifactStore store)
{
    private const int JobsAtOnce = 4;

    /// <summary>Goes through all jobs of which the store holds anything.</summary>
    /// <param name="dryRun">Only tells.</param>
    /// <param name="cancellationToken">Stops; jobs that are recovered stay so.</param>
    /// <returns>What became, or would become, of each.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public async Task<RecoveryReport> RunAsync(bool dryRun, CancellationToken cancellationToken = default)
    {
        var (recovered, unfinished, failed, known) = (new ConcurrentBag<string>(), new ConcurrentBag<string>(), new ConcurrentBag<FailedRecovery>(), 0);
        await Parallel.ForEachAsync(
            store.ListFoldersAsync(StorePaths.Jobs, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = JobsAtOnce, CancellationToken = cancellationToken },
            async (id, token) =>
            {
                try
                {
                    switch (await client.GetImplantation(id).RecoverAsync(dryRun, token))
                    {
                        case RecoveryOutcome.Recovered:
                            recovered.Add(id);
                            break;
                        case RecoveryOutcome.Unfinished:
                            unfinished.Add(id);
                            break;
                        default:
                            Interlocked.Increment(ref known);
                            break;
                    }
                }
                catch (OneShotException e) when (e.Detail.Code is ErrorCodes.Failed or ErrorCodes.InvalidInput)
                {
                    failed.Add(new FailedRecovery(id, e.Message));
                }
            }
        );
        return new RecoveryReport(
            dryRun,
            [.. recovered.Order(StringComparer.Ordinal)],
            known,
            [.. unfinished.Order(StringComparer.Ordinal)],
            [.. failed.OrderBy(job => job.Id, StringComparer.Ordinal)],
            await FindLostAsync(cancellationToken)
        );
    }

    /// <summary>Jobs that are listed as succeeded, and whose manifests are gone. Listed first: a job that ends meanwhile is not looked for.</summary>
    private async Task<IReadOnlyList<string>> FindLostAsync(CancellationToken cancellationToken)
    {
        var lost = new List<string>();
        string? cursor = null;
        do
        {
            var query = new JobQuery
            {
                Kind = null,
                State = JobState.Succeeded,
                PageSize = JobQuery.MaxPageSize,
                Cursor = cursor,
            };
            var page = await client.ListPageAsync(query, cancellationToken);
            foreach (var job in page.Jobs)
            {
                if (await store.GetInfoAsync(StorePaths.Manifest(job.Id), cancellationToken) is null)
                {
                    lost.Add(job.Id);
                }
            }

            cursor = page.Next;
        } while (cursor is not null);

        return [.. lost.Order(StringComparer.Ordinal)];
    }
}

/// <summary>What a recovery of jobs did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Recovered">Jobs that are listed again.</param>
/// <param name="Known">Number of jobs that were known already.</param>
/// <param name="Unfinished">Unknown jobs that have published nothing: what they were asked for is lost.</param>
/// <param name="Failed">Unknown jobs whose result is damaged.</param>
/// <param name="Lost">Jobs that are listed as succeeded, and of whose results the store holds nothing.</param>
public sealed record RecoveryReport(
    bool DryRun,
    IReadOnlyList<string> Recovered,
    int Known,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<FailedRecovery> Failed,
    IReadOnlyList<string> Lost
);

/// <summary>A job that can't be recovered.</summary>
/// <param name="Id">The job.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record FailedRecovery(string Id, string Reason);
