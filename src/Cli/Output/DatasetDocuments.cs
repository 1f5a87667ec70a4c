using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>dataset run</c>, <c>resume</c>, <c>retry</c>, <c>cancel</c> and <c>status</c> say of a run.</summary>
internal sealed record DatasetRunDocument
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required DatasetRunState State { get; init; }

    /// <summary>The folder of results; null where this machine knows of none.</summary>
    public string? Out { get; init; }

    /// <summary>How many items it has.</summary>
    public required int Items { get; init; }

    /// <summary>Those that were added, by state.</summary>
    public required DatasetCounts Counts { get; init; }

    public required string Owner { get; init; }

    public required int Priority { get; init; }

    public int? Parallel { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>When it was made, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it came to rest, UTC; null while it runs.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it starts nothing although items wait, or that it was not given all of them yet; null otherwise.</summary>
    public string? WaitingReason { get; init; }

    /// <summary>The items that have failed; left out where they were not asked for.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<FailedItemDocument>? Failed { get; init; }

    /// <summary>Describes a run.</summary>
    /// <param name="status">The run.</param>
    /// <param name="folder">The folder of results, if it is known.</param>
    /// <param name="option">What a command line needs to mean the place where it runs, after a space; or empty.</param>
    /// <param name="items">Its items; null leaves those out that have failed.</param>
    /// <returns>The document.</returns>
    public static DatasetRunDocument Of(DatasetRunStatus status, string? folder, string option, IEnumerable<DatasetItemStatus>? items = null) =>
        new()
        {
            Id = status.Id,
            Name = status.Name,
            State = status.State,
            Out = folder,
            Items = status.Items,
            Counts = status.Counts,
            Owner = status.Owner,
            Priority = status.Priority,
            Parallel = status.Parallel,
            Metadata = status.Metadata,
            Created = status.Created,
            Finished = status.Finished,
            WaitingReason = DatasetText.Waiting(status, option),
            Failed = items is null
                ? null
                : [.. items.Where(item => item.State == DatasetItemState.Failed).Select(item => new FailedItemDocument(item.Number, item.Id, item.Error))],
        };
}

/// <summary>An item that has failed.</summary>
/// <param name="Number">Its place in the run.</param>
/// <param name="Id">Its id.</param>
/// <param name="Error">Why.</param>
internal sealed record FailedItemDocument(int Number, string Id, ErrorDetail? Error);

/// <summary>Dataset runs.</summary>
/// <param name="Runs">The runs, newest first.</param>
internal sealed record DatasetRunListDocument(IReadOnlyList<DatasetRunDocument> Runs);

/// <summary>Items of a dataset run.</summary>
/// <param name="Run">The run.</param>
/// <param name="Items">The items, by number.</param>
internal sealed record DatasetItemListDocument(string Run, IReadOnlyList<DatasetItemStatus> Items);

/// <summary>The files of a report.</summary>
/// <param name="Run">The run.</param>
/// <param name="Files">Absolute paths.</param>
internal sealed record DatasetReportDocument(string Run, IReadOnlyList<string> Files);
