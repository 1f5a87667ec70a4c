using System.Text;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

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

    /// <summary>The cells that have no whole result in the folder, or that of another training.</summary>
    /// <param name="plan">The comparison.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="cells">The stage's cells.</param>
    public static List<ComparisonCell> Missing(ComparisonPlan plan, string stage, IEnumerable<ComparisonCell> cells) =>
        [.. cells.Where(cell => !plan.Stamps.Holds(FolderOf(plan, stage, cell), cell))];

    /// <summary>Seconds that slots worked for a cell, whichever run of the comparison trained it.</summary>
    /// <param name="cell">A cell of the table.</param>
    /// <returns>The seconds; null where its result does not tell.</returns>
    public double? SecondsOf(ComparisonCell cell)
    {
        var manifest = Path.Combine(FolderOf(Table, cell), StorePaths.ManifestName);
        return StrictJson.Read<Worked>(StrictJson.ReadFile(manifest, PublishedResult.MaxManifestBytes), DocumentJson.Options).Seconds;
    }

    /// <summary>Trains what has no result yet, and waits for it.</summary>
    /// <param name="record">What the folder remembers; written before anything is begun.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="cells">Its cells.</param>
    /// <returns>The record; and the cells that have failed, with a sentence each.</returns>
    public async Task<(ComparisonRecord Record, IReadOnlyDictionary<string, string> Failed)> RunAsync(
        ComparisonRecord record,
        string stage,
        IReadOnlyList<ComparisonCell> cells
    )
    {
        var missing = Missing(plan, stage, cells);
        if (missing.Count == 0)
        {
            return (record, new Dictionary<string, string>());
        }

        var manifest = Path.Combine(plan.Out, $"{stage}.jsonl");
        string LineOf(ComparisonCell cell) => cell.ToLine(plan.Stamps.Of(cell));
        var lines = missing.ConvertAll(LineOf);
        string[] begun = record.Keys.ContainsKey(stage) && File.Exists(manifest) ? await File.ReadAllLinesAsync(manifest, context.Interrupt) : [];
        if (!GoesOn(begun, [.. cells.Select(LineOf)], lines))
        {
            // What is there of the same name was trained otherwise.
            foreach (var folder in missing.Select(cell => FolderOf(stage, cell)).Where(Directory.Exists))
            {
                Directory.Delete(folder, recursive: true);
            }

            record = record.WithNewKey(stage);
            ComparisonFiles.Write(manifest, Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))));
            record.Save(plan.Out);
            begun = [.. lines];
        }

        var end = await RunAsync(Describe(record.Keys[stage], stage, manifest, begun.Length));
        var failed = end.Items.Where(item => item.State != DatasetItemState.Succeeded).ToDictionary(item => item.Id, SentenceOf, StringComparer.Ordinal);
        foreach (var item in end.Items.Where(item => end.Missing.ContainsKey(item.Number)))
        {
            failed[item.Id] = end.Missing[item.Number];
        }

        return (record, failed);
    }

    /// <summary>Whether a run that was begun is the one to go on with: it has all that is missing, and nothing that is not asked for any more.</summary>
    /// <param name="begun">The lines of its manifest; none: there is no such run.</param>
    /// <param name="wanted">The lines of all cells that are asked for.</param>
    /// <param name="missing">Those without a result.</param>
    internal static bool GoesOn(IReadOnlyCollection<string> begun, IReadOnlyCollection<string> wanted, IReadOnlyCollection<string> missing) =>
        !missing.Except(begun, StringComparer.Ordinal).Any() && !begun.Except(wanted, StringComparer.Ordinal).Any();

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
        await using var work = await RunWork.OpenAsync(context, target, records, record, again: "the same command");
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

    /// <summary>What a manifest says of the time.</summary>
    /// <param name="Seconds">Seconds that slots worked.</param>
    private sealed record Worked(double? Seconds);
}
