using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>The way from a session to its dataset runs.</summary>
internal static class RunPlace
{
    /// <summary>A session's use cases, which go with the session.</summary>
    /// <param name="session">The session.</param>
    /// <param name="owner">Whose runs, where the session's key does not say; null: nobody's in particular.</param>
    /// <returns>The client.</returns>
    public static IOneShotClient Of(IJobSession session, string? owner) =>
        session is JobSession own && owner is not null ? OneShotClient.Over(new ClusterTransport(own.Client, own.Store, owner)) : session.Api;

    /// <summary>A run. Whoever reaches a data folder or a cluster reaches everybody's.</summary>
    /// <param name="session">The session.</param>
    /// <param name="id">The run.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its handle.</returns>
    /// <exception cref="OneShotException">not_found; unavailable.</exception>
    public static async Task<DatasetRunHandle> FindAsync(IJobSession session, string id, CancellationToken cancellationToken)
    {
        if (session is not JobSession own)
        {
            return Of(session, null).GetDatasetRun(id);
        }

        var status =
            await own.Client.GetDatasetRun(id).FindStatusAsync(cancellationToken)
            ?? throw new OneShotException(
                new ErrorDetail(ErrorCodes.NotFound, $"There is no dataset run {id}.", "RUN", $"See: oneshot dataset list{own.Target.AsOption()}")
            );
        return Of(session, status.Owner).GetDatasetRun(id);
    }

    /// <summary>Runs, newest first.</summary>
    /// <param name="session">The session.</param>
    /// <param name="most">Most that are wanted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The runs.</returns>
    /// <exception cref="OneShotException">unavailable.</exception>
    public static async Task<List<DatasetRunStatus>> ListAsync(IJobSession session, int most, CancellationToken cancellationToken)
    {
        var runs = new List<DatasetRunStatus>();
        if (session is not JobSession own)
        {
            await foreach (var run in Of(session, null).ListDatasetRunsAsync(cancellationToken: cancellationToken).Take(most))
            {
                runs.Add(run);
            }

            return runs;
        }

        for (var next = new DatasetRunQuery(); next is not null && runs.Count < most;)
        {
            var page = await own.Client.ListDatasetRunsPageAsync(next, cancellationToken);
            runs.AddRange(page.Items.Take(most - runs.Count));
            next = page.Next is null ? null : next with { Cursor = page.Next };
        }

        return runs;
    }

    /// <summary>All items of a run.</summary>
    /// <param name="run">The run.</param>
    /// <param name="query">Which; null: all.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The items, by number.</returns>
    public static async Task<List<DatasetItemStatus>> ListItemsAsync(
        DatasetRunHandle run,
        DatasetItemQuery? query = null,
        CancellationToken cancellationToken = default
    )
    {
        var items = new List<DatasetItemStatus>();
        await foreach (var item in run.ListItemsAsync(query, cancellationToken))
        {
            items.Add(item);
        }

        return items;
    }

    /// <summary>What a command line needs to mean the place, beside the data folder; empty: the folder itself.</summary>
    /// <param name="target">The place.</param>
    public static string NameOf(SessionTarget target) =>
        target.Server is { } server ? $"--server {server}"
        : target.ClusterText is { } cluster ? $"--cluster {cluster}"
        : "";

    /// <summary>Which run a command line means.</summary>
    /// <param name="records">The runs that this machine began.</param>
    /// <param name="target">Where the command looks.</param>
    /// <param name="given">The run's id; null: the latest.</param>
    /// <returns>The id, and what is known of the run here; the id is null if it was not made yet.</returns>
    /// <exception cref="OneShotException">not_found: none was begun here.</exception>
    /// <exception cref="InvalidInputException">The latest runs elsewhere.</exception>
    public static (string? Id, RunRecord? Record) Choose(RunRecords records, SessionTarget target, string? given)
    {
        var record = records.Find(given);
        if (given is not null)
        {
            return (given, record);
        }

        if (record is null)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.NotFound,
                    $"No dataset run was begun with the data folder {target.Data}.",
                    "RUN",
                    $"Name the run; see: oneshot dataset list{target.AsOption()}"
                )
            );
        }

        return record.Place == NameOf(target)
            ? (record.Id, record)
            : throw new InvalidInputException(
                $"The latest run, {record.Name}, was begun {(record.Place.Length == 0 ? "in the data folder" : $"with {record.Place}")}.",
                "RUN",
                record.Place.Length == 0 ? "Leave --server and --cluster out, or name a run." : $"Add {record.Place}, or name a run."
            );
    }

    /// <summary>As <see cref="Choose"/>, of a run that was made.</summary>
    /// <param name="records">The runs that this machine began.</param>
    /// <param name="target">Where the command looks.</param>
    /// <param name="given">The run's id; null: the latest.</param>
    /// <returns>The id, and what is known of the run here.</returns>
    /// <exception cref="OneShotException">not_found: none was begun here; conflict: it was not made yet.</exception>
    public static (string Id, RunRecord? Record) Require(RunRecords records, SessionTarget target, string? given)
    {
        var (id, record) = Choose(records, target, given);
        return id is not null
            ? (id, record)
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"The latest run, {record!.Name}, was broken off before it was made.",
                    "RUN",
                    $"Go on with: oneshot dataset resume{target.AsOption()}"
                )
            );
    }
}
