using System.Collections.Immutable;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>Which jobs to list.</summary>
public sealed record JobQuery
{
    /// <summary>Most jobs a page.</summary>
    public const int MaxPageSize = 500;

    /// <summary>Only this owner's; null: all.</summary>
    [FieldNumber(0)]
    public string? Owner { get; init; }

    /// <summary>Only in this state; null: all.</summary>
    [FieldNumber(1)]
    public JobState? State { get; init; }

    /// <summary>Where to go on, from <see cref="JobPage.Next"/>.</summary>
    [FieldNumber(2)]
    public string? Cursor { get; init; }

    /// <summary>Jobs a page, 1 to <see cref="MaxPageSize"/>.</summary>
    [FieldNumber(3)]
    public int PageSize { get; init; } = 100;

    /// <summary>Only jobs that have not ended.</summary>
    [FieldNumber(4)]
    public bool UnfinishedOnly { get; init; }

    /// <summary>Only jobs whose metadata hold all of these pairs.</summary>
    [FieldNumber(5)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>Only jobs of this kind; null: of both. Those who knew one kind only asked for that.</summary>
    [FieldNumber(6)]
    public JobKind? Kind { get; init; } = JobKind.Implantation;
}

/// <summary>A page of a list of jobs, newest first.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="Next">Cursor of the next page; null on the last.</param>
public sealed record JobPage([property: FieldNumber(0)] ImmutableArray<JobSummary> Jobs, [property: FieldNumber(1)] string? Next);
