using System.Text;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Cli.Comparison;

/// <summary>Trains the cells of a comparison: each stage is a dataset run of a manifest in the comparison's folder.</summary>
/// <param name="context">The command.</param>
/// <param name="plan">The comparison.</param>
/// <param name="target">Where trainings run.</param>
internal sealed class ComparisonRuns(CommandContext context, ComparisonPlan plan, SessionTarget target)
{
    /// <summary>The stage whose results settings are chosen by.</summary>
    public const string Tuning = "tuning";

    /// <summary>The stage whose results the table is made of.</summary>
    public const string Table = "table";

    /// <summary>The folder of a cell's result.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="cell">The cell.</param>
    public string FolderOf(string stage, ComparisonCell cell) => FolderOf(plan, stage, cell);

    /// <summary>The folder of a cell's result.</summary>
    /// <param name="plan">The comparison.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="cell">The cell.</param>
    public static string FolderOf(ComparisonPlan plan, string stage, ComparisonCell cell) => Path.Combine(plan.Out, stage, cell.Id);

    /// <summary>The cells that have no whole result in the folder.</summary>
    /// <param name="plan">The comparison.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="cells">The stage's cells.</param>
    public static List<ComparisonCell> Missing(ComparisonPlan plan, string stage, IEnumerable<ComparisonCell> cells) =>
        [.. cells.Where(cell => !DownloadedResult.IsWhole(FolderOf(plan, stage, cell)))];

    /// <summary>Trains what has no result yet, and waits for it.</summary>
    /// <param name="record">What the folder remembers; written before anything is begun.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="cells">Its cells, always the same.</param>
    /// <returns>The record, with seconds; and the cells that have failed, with a sentence each.</returns>
    public async Task<(ComparisonRecord Record, IReadOnlyDictionary<string, string> Failed)> RunAsync(
        ComparisonRecord record,
        string stage,
        IReadOnlyList<ComparisonCell> cells
    )
    {
        if (Missing(plan, stage, cells).Count == 0)
        {
            return (record, new Dictionary<string, string>());
        }

        record = record.WithKey(stage);
        var manifest = Path.Combine(plan.Out, $"{stage}.jsonl");
        ComparisonFiles.Write(manifest, Encoding.UTF8.GetBytes(string.Concat(cells.Select(cell => cell.ToLine() + "\n"))));
        record.Save(plan.Out);
        var end = await RunAsync(Describe(record.Keys[stage], stage, manifest, cells.Count));
        var seconds = new SortedDictionary<string, double>(record.Seconds.ToDictionary(), StringComparer.Ordinal);
        foreach (var item in end.Items.Where(item => item.State == DatasetItemState.Succeeded))
        {
            seconds[item.Id] = item.Seconds;
        }

        record = record with { Seconds = seconds };
        record.Save(plan.Out);
        var failed = end.Items.Where(item => item.State != DatasetItemState.Succeeded).ToDictionary(item => item.Id, SentenceOf, StringComparer.Ordinal);
        foreach (var item in end.Items.Where(item => end.Missing.ContainsKey(item.Number)))
        {
            failed[item.Id] = end.Missing[item.Number];
        }

        return (record, failed);
    }

    private static string SentenceOf(DatasetItemStatus item) => item.Error?.Message ?? $"It is {item.State.ToString().ToLowerInvariant()}.";

    private RunRecord Describe(string key, string stage, string manifest, int items) =>
        new()
        {
            Key = key,
            Name = $"compare-{plan.Preset}-{stage}",
            Created = DateTimeOffset.UtcNow,
            Place = RunPlace.NameOf(target),
            Manifest = manifest,
            Out = Path.Combine(plan.Out, stage),
            Items = items,
            Parallel = plan.Parallel,
            Model = new ModelReference { Name = plan.Model.Entry.Name, Clip = plan.Model.Clip?.Name },
            Options = plan.Standard,
        };

    private async Task<RunEnd> RunAsync(RunRecord record)
    {
        if (target.Server is null)
        {
            var catalog = context.OpenCatalog(target.Data);
            catalog.Register(plan.Model.Entry);
            if (plan.Model.Clip is { } own)
            {
                catalog.Register(own);
            }
        }

        var items = await RunSource.ReadAsync(context, record, plan.Model);
        var records = new RunRecords(target.Data);
        records.Save(record);
        await using var work = new RunWork(context, await LastingSession.OpenAsync(target, SessionMode.Work, context.Interrupt), records)
        {
            Again = "the same command",
        };
        record = await work.CreateAsync(record);
        var id = record.Id!;
        context.Say($"Run {id}: {Wording(record)}; Ctrl-C keeps what is done, and the same command goes on.");
        var status = await work.AskAsync(id, (run, token) => run.ResumeAsync(token));
        using var display = DatasetDisplay.Create(context.Streams);
        if (status.Counts.Failed > 0)
        {
            // What failed before is tried again, with its pictures read again; what is done stays.
            await work.FillAsync(record, plan.Model, items, again: true, display, context.Interrupt);
            await work.AskAsync(id, (run, token) => run.RetryAsync(token));
        }

        return await work.RunToEndAsync(id, record.Out, display, token => work.FillAsync(record, plan.Model, items, again: false, display, token), isNew: true);
    }

    private static string Wording(RunRecord record) => record.Items == 1 ? "1 training" : FormattableString.Invariant($"{record.Items:N0} trainings");
}
