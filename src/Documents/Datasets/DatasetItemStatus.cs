using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Datasets;

/// <summary>All that a dataset run knows of an item. What was asked for, and the files, the item's job has.</summary>
public sealed record DatasetItemStatus
{
    /// <summary>Its place in the run, from 0.</summary>
    [FieldNumber(0)]
    public required int Number { get; init; }

    /// <summary>Its id.</summary>
    [FieldNumber(1)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [FieldNumber(2)]
    public required DatasetItemState State { get; init; }

    /// <summary>The run's version at the item's last change: what has changed since a version is known by it.</summary>
    [FieldNumber(3)]
    public required long Version { get; init; }

    /// <summary>How often it was begun: 1 for an item that succeeds at once, more after <c>resume</c> and <c>retry</c>.</summary>
    [FieldNumber(4)]
    public int Attempts { get; init; }

    /// <summary>Id of its job; null until it has one.</summary>
    [FieldNumber(5)]
    public string? Job { get; init; }

    /// <summary>Why it failed.</summary>
    [FieldNumber(6)]
    public ErrorDetail? Error { get; init; }

    /// <summary>When its job first got a slot, UTC; told when it has ended.</summary>
    [FieldNumber(7)]
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    [FieldNumber(8)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Seconds that slots worked for it; told when it has ended.</summary>
    [FieldNumber(9)]
    public double Seconds { get; init; }

    /// <summary>Quality of its result; null until it has succeeded.</summary>
    [FieldNumber(10)]
    public JobMetrics? Metrics { get; init; }
}

/// <summary>Which items of a dataset run to list.</summary>
public sealed record DatasetItemQuery
{
    /// <summary>Most items a page.</summary>
    public const int MaxPageSize = 500;

    /// <summary>Only in this state; null: all.</summary>
    [FieldNumber(0)]
    public DatasetItemState? State { get; init; }

    /// <summary>
    /// Only items that have changed since the run had this version; null: all. Who follows a run asks for a status, then for what has changed since the
    /// version of the status before, and misses nothing.
    /// </summary>
    [FieldNumber(1)]
    public long? ChangedSince { get; init; }

    /// <summary>Where to go on, from <see cref="DatasetItemPage.Next"/>.</summary>
    [FieldNumber(2)]
    public string? Cursor { get; init; }

    /// <summary>Items a page, 1 to <see cref="MaxPageSize"/>.</summary>
    [FieldNumber(3)]
    public int PageSize { get; init; } = MaxPageSize;
}

/// <summary>A page of a run's items, by number.</summary>
/// <param name="Items">The items.</param>
/// <param name="Next">Cursor of the next page; null, and left out over HTTP, on the last.</param>
public sealed record DatasetItemPage([property: FieldNumber(0)] ImmutableArray<DatasetItemStatus> Items, [property: FieldNumber(1)] string? Next = null);
