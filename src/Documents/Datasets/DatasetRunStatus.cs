using System.Collections.Immutable;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Datasets;

/// <summary>All that is known of a dataset run but its items.</summary>
public sealed record DatasetRunStatus
{
    /// <summary>The run's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>What its owner calls it.</summary>
    [FieldNumber(1)]
    public required string Name { get; init; }

    /// <summary>The owner.</summary>
    [FieldNumber(2)]
    public required string Owner { get; init; }

    /// <summary>The state.</summary>
    [FieldNumber(3)]
    public required DatasetRunState State { get; init; }

    /// <summary>Grows with every change of the run or of an item, and never goes back.</summary>
    [FieldNumber(4)]
    public required long Version { get; init; }

    /// <summary>How many items there will be.</summary>
    [FieldNumber(5)]
    public required int Items { get; init; }

    /// <summary>The items that were added, by state.</summary>
    [FieldNumber(6)]
    public required DatasetCounts Counts { get; init; }

    /// <summary>Priority of its jobs among the owner's.</summary>
    [FieldNumber(7)]
    public int Priority { get; init; }

    /// <summary>Most jobs at once; null: as many as there are slots, and one that waits.</summary>
    [FieldNumber(8)]
    public int? Parallel { get; init; }

    /// <summary>The request's metadata.</summary>
    [FieldNumber(9)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>When it was made, UTC.</summary>
    [FieldNumber(10)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it last came to rest, UTC; null while it runs.</summary>
    [FieldNumber(11)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it starts nothing although items wait, one sentence; null: it does, or none waits.</summary>
    [FieldNumber(12)]
    public string? Waiting { get; init; }
}

/// <summary>How many items are in which state.</summary>
public sealed record DatasetCounts
{
    /// <summary>Wait for their turn.</summary>
    [FieldNumber(0)]
    public int Waiting { get; init; }

    /// <summary>Have a job that has not ended.</summary>
    [FieldNumber(1)]
    public int Running { get; init; }

    /// <summary>Have a result.</summary>
    [FieldNumber(2)]
    public int Succeeded { get; init; }

    /// <summary>Ended with an error.</summary>
    [FieldNumber(3)]
    public int Failed { get; init; }

    /// <summary>Were cancelled.</summary>
    [FieldNumber(4)]
    public int Cancelled { get; init; }

    /// <summary>All that were added.</summary>
    /// <returns>The sum.</returns>
    public int Added() => Waiting + Running + Succeeded + Failed + Cancelled;
}

/// <summary>Which dataset runs to list.</summary>
public sealed record DatasetRunQuery
{
    /// <summary>Most runs a page.</summary>
    public const int MaxPageSize = 100;

    /// <summary>Only this owner's; null: all.</summary>
    [FieldNumber(0)]
    public string? Owner { get; init; }

    /// <summary>Only in this state; null: all.</summary>
    [FieldNumber(1)]
    public DatasetRunState? State { get; init; }

    /// <summary>Where to go on, from <see cref="DatasetRunPage.Next"/>.</summary>
    [FieldNumber(2)]
    public string? Cursor { get; init; }

    /// <summary>Runs a page, 1 to <see cref="MaxPageSize"/>.</summary>
    [FieldNumber(3)]
    public int PageSize { get; init; } = 50;
}

/// <summary>A page of a list of dataset runs, newest first.</summary>
/// <param name="Items">The runs.</param>
/// <param name="Next">Cursor of the next page; null, and left out over HTTP, on the last.</param>
public sealed record DatasetRunPage([property: FieldNumber(0)] ImmutableArray<DatasetRunStatus> Items, [property: FieldNumber(1)] string? Next = null);
