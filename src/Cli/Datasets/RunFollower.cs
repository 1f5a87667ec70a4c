using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>Follows a run until it is at rest: adds what it still lacks, shows how it goes on, and fetches results as they become ready.</summary>
/// <param name="context">The command.</param>
/// <param name="session">Where the run is.</param>
/// <param name="id">The run.</param>
/// <param name="display">Shows it.</param>
/// <param name="fetcher">Fetches results; null: they stay where they are.</param>
internal sealed class RunFollower(CommandContext context, LastingSession session, string id, IDatasetDisplay display, ResultFetcher? fetcher)
{
    // Calls to a cluster or a server may fail this often in a row, a second apart, before the command gives up.
    private const int MostFailures = 60;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, (DatasetItemState State, int Attempts)> _told = [];

    /// <summary>Follows it.</summary>
    /// <param name="fill">Adds what the run lacks.</param>
    /// <param name="isNew">Whether the run begins with this command: what has ended already is shown then.</param>
    /// <returns>The run at rest, and its items.</returns>
    /// <exception cref="OneShotException">It can't be reached, items can't be added, or results not be fetched.</exception>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public async Task<(DatasetRunStatus Status, IReadOnlyList<DatasetItemStatus> Items)> FollowAsync(Func<CancellationToken, Task> fill, bool isNew)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.Interrupt);
        var filling = fill(stop.Token);
        var watching = WatchAsync(isNew, stop.Token);
        var fetching = fetcher?.RunAsync(stop.Token) ?? Task.CompletedTask;
        try
        {
            // What fails ends the rest; the run goes on by itself, or with resume.
            for (List<Task> open = [filling, watching, fetching]; open.Count > 0;)
            {
                var ended = await Task.WhenAny(open);
                await ended;
                open.Remove(ended);
                if (ended == watching)
                {
                    fetcher?.Complete();
                }
            }
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAll(filling, watching, fetching).ContinueWith(_ => { }, TaskScheduler.Default);
            throw;
        }

        var items = await AskAsync(
            async (asked, token) => await RunPlace.ListItemsAsync(await RunPlace.FindAsync(asked, id, token), cancellationToken: token),
            stop.Token
        );
        return (await watching, items);
    }

    private async Task<DatasetRunStatus> WatchAsync(bool isNew, CancellationToken cancellationToken)
    {
        for (var known = 0L; ;)
        {
            var (status, changed) = await AskAsync((asked, token) => LookAsync(asked, known, token), cancellationToken);
            display.Show(status);
            foreach (var item in changed.Where(item => item.State.HasEnded()))
            {
                Tell(item, isNew || known > 0);
            }

            known = status.Version;
            if (status.State.IsAtRest())
            {
                return status;
            }
        }
    }

    private async Task<(DatasetRunStatus Status, List<DatasetItemStatus> Changed)> LookAsync(IJobSession asked, long known, CancellationToken cancellationToken)
    {
        var run = await RunPlace.FindAsync(asked, id, cancellationToken);
        var status = await run.WatchAsync(known, cancellationToken).FirstOrDefaultAsync(cancellationToken) ?? await run.GetStatusAsync(cancellationToken);
        var query = known == 0 ? null : new DatasetItemQuery { ChangedSince = known };
        return (status, await RunPlace.ListItemsAsync(run, query, cancellationToken));
    }

    private void Tell(DatasetItemStatus item, bool aloud)
    {
        var news = (item.State, item.Attempts);
        if (_told.TryGetValue(item.Number, out var told) && told == news)
        {
            return;
        }

        _told[item.Number] = news;
        if (item.State == DatasetItemState.Succeeded)
        {
            fetcher?.Add(item);
        }

        if (aloud)
        {
            display.Ended(item);
        }
    }

    /// <summary>Asks until there is an answer, where somebody else sees to it that there will be one.</summary>
    private async Task<T> AskAsync<T>(Func<IJobSession, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var failures = 1; ; failures++)
        {
            try
            {
                return await session.AskAsync(ask, cancellationToken);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested && IsUnavailable(e))
            {
                if (failures >= (session.Current.Target.Elsewhere is null ? 1 : MostFailures))
                {
                    throw e as OneShotException ?? await session.Current.ExplainAsync(e);
                }

                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }

    private static bool IsUnavailable(Exception error) =>
        error is OneShotException told ? told.Code == ErrorCodes.Unavailable : ClusterClient.IsUnanswered(error);
}
