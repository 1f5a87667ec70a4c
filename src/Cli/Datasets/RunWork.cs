using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Cli.Validation;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// What <c>dataset run</c>, <c>resume</c> and <c>retry</c> have in common: they add items, follow the run to its end, and write what came of it.
/// </summary>
/// <param name="context">The command.</param>
/// <param name="session">Where the run is; this object's.</param>
/// <param name="records">The runs that this machine began.</param>
internal sealed class RunWork(CommandContext context, LastingSession session, RunRecords records) : IAsyncDisposable
{
    private const int MostFailuresShown = 20;
    private const int MostNotesShown = 5;

    private int _noted;

    /// <summary>What goes on with an interrupted run, as a command line; null: <c>dataset resume</c>.</summary>
    private string? Again { get; init; }

    /// <summary>Opens what works on a run.</summary>
    /// <param name="context">The command.</param>
    /// <param name="target">Where its jobs are.</param>
    /// <param name="records">The runs that this machine began.</param>
    /// <param name="record">The run; null where this machine knows nothing of it.</param>
    /// <param name="again">What goes on with an interrupted run, as a command line; null: <c>dataset resume</c>.</param>
    public static async Task<RunWork> OpenAsync(CommandContext context, SessionTarget target, RunRecords records, RunRecord? record, string? again = null) =>
        new(context, await LastingSession.OpenAsync(RunSlots.Provide(context, target, record), SessionMode.Work, context.Interrupt), records) { Again = again };

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => session.DisposeAsync();

    /// <summary>Makes a run, once, however often that is tried.</summary>
    /// <param name="record">What it is to be.</param>
    /// <returns>The record with the run's id, which is written down.</returns>
    public async Task<RunRecord> CreateAsync(RunRecord record)
    {
        var run = new DatasetRun(record.Name, record.Items)
        {
            Parallel = record.Parallel,
            Priority = record.Priority,
            Metadata = record.Metadata,
            IdempotencyKey = record.Key,
        };
        var handle = await session.AskAsync(
            (asked, token) => RunPlace.Of(asked, record.Owner).CreateDatasetRunAsync(run, token).WaitAsync(token),
            context.Interrupt
        );
        var made = record with { Id = handle.Id };
        records.Save(made);
        return made;
    }

    /// <summary>Asks about a run, or tells it something.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="id">The run.</param>
    /// <param name="ask">Asks; asking twice must do no harm.</param>
    /// <returns>The answer.</returns>
    public Task<T> AskAsync<T>(string id, Func<DatasetRunHandle, CancellationToken, Task<T>> ask) =>
        session.AskAsync(async (asked, token) => await ask(await RunPlace.FindAsync(asked, id, token), token).WaitAsync(token), context.Interrupt);

    /// <summary>The model of a run, where this machine must have it.</summary>
    /// <param name="record">The run.</param>
    /// <returns>The model; null where only the server has it.</returns>
    public ModelChoice? OpenModel(RunRecord record)
    {
        var (target, catalog) = (session.Current.Target, context.OpenCatalog(session.Current.Target.Data));
        return target.Server is null
            ? ModelChoice.Open(catalog, record.Model.Name, record.Model.Clip)
            : ModelChoice.OpenShipped(catalog, record.Model.Name, record.Model.Clip);
    }

    /// <summary>Adds the items that a run lacks, and, if they are wanted, those again that have failed.</summary>
    /// <param name="record">The run.</param>
    /// <param name="model">The model; null where only the server has it.</param>
    /// <param name="items">All items.</param>
    /// <param name="again">Whether those that have failed are read again.</param>
    /// <param name="display">Told what was noticed.</param>
    /// <param name="cancellationToken">Stops; what was added stays.</param>
    /// <returns>When added.</returns>
    public async Task FillAsync(
        RunRecord record,
        ModelChoice? model,
        IReadOnlyList<DatasetItemPlan> items,
        bool again,
        IDatasetDisplay display,
        CancellationToken cancellationToken
    )
    {
        // Away from whoever shows the run: reading pictures takes a processor.
        await Task.Yield();
        var name = model is null || session.Current is not JobSession own ? record.Model : await ClusterModels.NameAsync(context, own, model);
        var notes = records.NotesOf(record.Id!);
        var entries = new DatasetEntries(name, (item, noticed) => Note(notes, item, noticed, display));
        await session.AskAsync(
            async (asked, token) =>
            {
                var run = await RunPlace.FindAsync(asked, record.Id!, token);
                var known = await RunPlace.ListItemsAsync(run, cancellationToken: token);
                var chosen = RunSource.Choose(items, known, record.Items, again);
                return chosen.Count == 0 ? null : await run.AddAsync(entries.ReadAsync(chosen, token), cancellationToken: token);
            },
            cancellationToken
        );
    }

    /// <summary>Follows a run to its end, writes its reports and says what came of it.</summary>
    /// <param name="id">The run.</param>
    /// <param name="folder">Absolute path of the folder of results; null: they stay where they are.</param>
    /// <param name="display">Shows it.</param>
    /// <param name="fill">Adds what it lacks.</param>
    /// <param name="isNew">Whether the run begins with this command.</param>
    /// <returns>An <see cref="ExitCode"/>.</returns>
    public async Task<int> FollowAsync(string id, string? folder, IDatasetDisplay display, Func<CancellationToken, Task> fill, bool isNew)
    {
        var end = await RunToEndAsync(id, folder, display, fill, isNew);
        return Summarise(end.Status, end.Items, folder, end.Files, end.Missing);
    }

    /// <summary>As <see cref="FollowAsync"/>, and says nothing of the end.</summary>
    /// <param name="id">The run.</param>
    /// <param name="folder">Absolute path of the folder of results; null: they stay where they are.</param>
    /// <param name="display">Shows it.</param>
    /// <param name="fill">Adds what it lacks.</param>
    /// <param name="isNew">Whether the run begins with this command.</param>
    /// <returns>What came of it.</returns>
    public async Task<RunEnd> RunToEndAsync(string id, string? folder, IDatasetDisplay display, Func<CancellationToken, Task> fill, bool isNew)
    {
        session.Moved = display.Say;
        var fetcher = folder is null ? null : new ResultFetcher(session, folder);
        DatasetRunStatus status;
        IReadOnlyList<DatasetItemStatus> items;
        try
        {
            (status, items) = await new RunFollower(context, session, id, display, fetcher).FollowAsync(fill, isNew);
        }
        catch (Exception e) when (context.Interrupt.IsCancellationRequested && (e is OperationCanceledException || ClusterClient.IsUnanswered(e)))
        {
            display.Dispose();
            throw await InterruptAsync(id);
        }

        display.Dispose();
        var files = folder is null ? [] : await ReportFiles.WriteAsync(folder, status, items, records.NotesOf(id).Read(), context.Interrupt);
        return new RunEnd(status, items, files, fetcher?.Missing ?? new Dictionary<int, string>());
    }

    private void Note(ItemNotes notes, DatasetItemPlan item, IReadOnlyList<string> noticed, IDatasetDisplay display)
    {
        notes.Add(item.Id, noticed);
        foreach (var note in _noted < MostNotesShown ? noticed : [])
        {
            display.Say($"{item.Id}: {note}");
        }

        if (noticed.Count > 0 && ++_noted == MostNotesShown)
        {
            display.Say("What else is noticed about items stands in the report.");
        }
    }

    private async Task<InterruptedException> InterruptAsync(string id)
    {
        var target = session.Current.Target;
        var resume = $"Go on with: {Again ?? $"oneshot dataset resume {id}{target.AsOption()}"}";
        if (target.Elsewhere is { } place)
        {
            return new InterruptedException($"Interrupted; run {id} goes on {place} with the items that it has.", resume);
        }

        if (session.Current.Owner is { } owner)
        {
            return new InterruptedException($"Interrupted; run {id} goes on in process {owner.ProcessId} with the items that it has.", resume);
        }

        // Closing the silo stops the engine at its next step and waits for its checkpoint.
        await session.DisposeAsync();
        return new InterruptedException($"Interrupted; run {id} stopped, its jobs at a checkpoint.", resume);
    }

    private int Summarise(
        DatasetRunStatus status,
        IReadOnlyList<DatasetItemStatus> items,
        string? folder,
        IReadOnlyList<string> files,
        IReadOnlyDictionary<int, string> missing
    )
    {
        var option = session.Current.Target.AsOption();
        var failed = items.Where(item => item.State == DatasetItemState.Failed).ToList();
        if (context.Json)
        {
            context.Write(DatasetRunDocument.Of(status, folder, items));
        }
        else
        {
            DatasetText.WriteRun(context.Streams.Output, status, folder);
        }

        foreach (var item in failed.Take(MostFailuresShown))
        {
            context.Say($"  {item.Id}: {item.Error?.Message}");
        }

        if (failed.Count > MostFailuresShown)
        {
            context.Say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"And {failed.Count - MostFailuresShown:N0} more: oneshot dataset items {status.Id} --state failed{option}"
                )
            );
        }

        if (missing.Count > 0)
        {
            context.Say($"The results of {Wording.List(items.Where(item => missing.ContainsKey(item.Number)).Select(item => item.Id))} could not be fetched:");
            context.Say(missing.Values.First());
        }

        if (files.Count > 0)
        {
            context.Say($"Look at: {files[0]}");
        }

        if (status.State == DatasetRunState.Cancelled)
        {
            context.Say($"The run was cancelled; go on with: oneshot dataset resume {status.Id}{option}");
            return ExitCode.Cancelled;
        }

        if (failed.Count > 0)
        {
            context.Say($"Run what has failed again, and nothing else, with: oneshot dataset retry {status.Id}{option}");
        }

        return failed.Count > 0 || missing.Count > 0 ? ExitCode.Failed : ExitCode.Done;
    }
}

/// <summary>What came of a run.</summary>
/// <param name="Status">The run, at rest.</param>
/// <param name="Items">Its items.</param>
/// <param name="Files">Absolute paths of its reports.</param>
/// <param name="Missing">Results that could not be fetched, by the items' numbers: a sentence each.</param>
internal sealed record RunEnd(
    DatasetRunStatus Status,
    IReadOnlyList<DatasetItemStatus> Items,
    IReadOnlyList<string> Files,
    IReadOnlyDictionary<int, string> Missing
);
