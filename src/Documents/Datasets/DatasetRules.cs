using System.Collections.Immutable;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Datasets;

/// <summary>Limits of dataset runs, and what is wrong with one that breaks them.</summary>
public static class DatasetRules
{
    /// <summary>Most items of a run.</summary>
    public const int MostItems = 100_000;

    /// <summary>Most items that are added at once.</summary>
    public const int MostInBatch = 128;

    /// <summary>Most bytes of a batch, written as JSON.</summary>
    public const int MostBatchBytes = 8 << 20;

    /// <summary>Most jobs at once that can be asked for.</summary>
    public const int MostParallel = 1000;

    /// <summary>Most pairs of metadata of a run, and of an item together with its run: the rest of a job's are the run's own.</summary>
    public const int MostMetadata = JobMetadata.Most - 2;

    /// <summary>The key under which a job's metadata hold its run's id.</summary>
    public const string RunKey = "dataset_run";

    /// <summary>The key under which a job's metadata hold its item's number.</summary>
    public const string ItemKey = "dataset_item";

    private const int LongestRunId = 40;
    private const int LongestError = 400;

    private static readonly ImmutableArray<string> s_reports = ["report.html", "report.csv", "report.jsonl"];

    /// <summary>Whether a text can be a run's id: a name that leaves room for what its jobs' ids add.</summary>
    /// <param name="id">The text.</param>
    /// <returns>True if it can.</returns>
    public static bool IsRunId(string? id) => TextRules.IsName(id) && id!.Length <= LongestRunId;

    /// <summary>The id of the job that makes an item: of the same three always the same.</summary>
    /// <param name="run">The run's id.</param>
    /// <param name="number">The item's number.</param>
    /// <param name="attempt">Which attempt at it the job was made for, from 1.</param>
    /// <returns>The id.</returns>
    public static string JobOf(string run, int number, int attempt) => FormattableString.Invariant($"{run}-{number}-{attempt}");

    /// <summary>Finds every field of a run that is out of range.</summary>
    /// <param name="request">The run.</param>
    /// <returns>The problems, in the order of the fields.</returns>
    public static IEnumerable<SettingProblem> Find(DatasetRunRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return
        [
            .. RequestValidator.FindInName("name", request.Name),
            .. RequestValidator.FindInText("owner", request.Owner, TextRules.Owner),
            .. SettingRules.FindInNumbers("", request),
            .. FindInMetadata("metadata", request.Metadata),
        ];
    }

    /// <summary>Finds what is wrong with items that are to be added together.</summary>
    /// <param name="run">The run.</param>
    /// <param name="items">The items.</param>
    /// <returns>The problems, item by item.</returns>
    public static IEnumerable<SettingProblem> Find(DatasetRunRequest run, ImmutableArray<DatasetItem> items)
    {
        ArgumentNullException.ThrowIfNull(run);
        if (items.IsDefaultOrEmpty || items.Length > MostInBatch)
        {
            var count = items.IsDefault ? 0 : items.Length;
            return [new SettingProblem("items", $"items has {count} items; it must be from 1 to {MostInBatch}.")];
        }

        var (numbers, ids) = (new HashSet<int>(), new HashSet<string>(StringComparer.OrdinalIgnoreCase));
        return items.SelectMany((item, i) => Find(run, FormattableString.Invariant($"items[{i}]"), item, numbers, ids));
    }

    /// <summary>Finds what is wrong with an item's id: it names a folder, on any system, beside the reports.</summary>
    /// <param name="field">The field.</param>
    /// <param name="id">The id.</param>
    /// <returns>The problem, if there is one.</returns>
    public static IEnumerable<SettingProblem> FindInId(string field, string? id)
    {
        if (RequestValidator.FindInName(field, id).FirstOrDefault() is { } problem)
        {
            return [problem];
        }

        var why =
            id!.EndsWith('.') ? "ends with a dot"
            : WindowsNames.IsDevice(id) ? "means a device on Windows"
            : s_reports.Contains(id, StringComparer.OrdinalIgnoreCase) ? "is the name of the report"
            : null;
        return why is null ? [] : [new SettingProblem(field, $"{field} is '{id}', which {why}; a folder is called so: take another.")];
    }

    /// <summary>Finds metadata that a user can't set, since they tell which run a job belongs to.</summary>
    /// <param name="field">The field.</param>
    /// <param name="metadata">The metadata.</param>
    /// <returns>The problems.</returns>
    public static IEnumerable<SettingProblem> FindReserved(string field, IReadOnlyDictionary<string, string>? metadata) =>
        (metadata?.Keys ?? [])
            .Where(key => key is RunKey or ItemKey)
            .Select(key => new SettingProblem(
                FieldPath.Join(field, key),
                $"{FieldPath.Join(field, key)} is set for the jobs of a dataset run alone; take another key."
            ));

    /// <summary>The job of an item, with what it has from its run.</summary>
    /// <param name="runId">The run's id.</param>
    /// <param name="run">The run.</param>
    /// <param name="item">An item with a request.</param>
    /// <returns>The request as it is submitted.</returns>
    public static ImplantationRequest Complete(string runId, DatasetRunRequest run, DatasetItem item)
    {
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(item);
        ArgumentNullException.ThrowIfNull(item.Request);
        var metadata = Merged(run.Metadata, item.Request.Metadata);
        metadata[RunKey] = runId;
        metadata[ItemKey] = FormattableString.Invariant($"{item.Number}");
        return item.Request with { Owner = run.Owner, Priority = run.Priority, Metadata = metadata };
    }

    private static IEnumerable<SettingProblem> Find(DatasetRunRequest run, string field, DatasetItem? item, HashSet<int> numbers, HashSet<string> ids) =>
        item is null
            ? [SettingRules.Missing(field)]
            :
            [
                .. FindInNumber(run, $"{field}.number", item.Number, numbers),
                .. FindInId($"{field}.id", item.Id),
                .. item.Id is null || ids.Add(item.Id)
                    ? Enumerable.Empty<SettingProblem>()
                    : [new SettingProblem($"{field}.id", $"{field}.id {item.Id} is another item's of this batch already; each needs its own.")],
                .. FindInWish(run, field, item),
            ];

    private static IEnumerable<SettingProblem> FindInNumber(DatasetRunRequest run, string field, int number, HashSet<int> numbers)
    {
        var problem =
            number < 0 || number >= run.Items ? $"{field} is {number}; it must be from 0 to {run.Items - 1}."
            : numbers.Add(number) ? null
            : $"{field} {number} is another item's of this batch already.";
        return problem is null ? [] : [new SettingProblem(field, problem)];
    }

    private static IEnumerable<SettingProblem> FindInWish(DatasetRunRequest run, string field, DatasetItem item) =>
        item switch
        {
            { Request: { } request, Error: null } => RequestValidator
                .Find(request)
                .Select(problem => new SettingProblem($"{field}.request.{problem.Field}", $"{field}.request.{problem.Message}"))
                .Concat(FindInMetadata($"{field}.request.metadata", Merged(run.Metadata, request.Metadata))),
            { Request: null, Error: { } error } => RequestValidator.FindInText($"{field}.error.message", error.Message, LongestError),
            _ => [new SettingProblem(field, $"{field} needs either a request or an error.")],
        };

    private static SortedDictionary<string, string> Merged(IReadOnlyDictionary<string, string> run, IReadOnlyDictionary<string, string>? own)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in run.Concat(own ?? JobMetadata.None()))
        {
            merged[key] = value;
        }

        return merged;
    }

    private static IEnumerable<SettingProblem> FindInMetadata(string field, IReadOnlyDictionary<string, string>? metadata) =>
        metadata?.Count > MostMetadata
            ? [new SettingProblem(field, $"{field} has {metadata.Count} entries; in a dataset run it must be from 0 to {MostMetadata}.")]
            : JobMetadata.Find(field, metadata).Concat(FindReserved(field, metadata));
}
