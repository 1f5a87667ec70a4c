using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>A job as lists show it.</summary>
public sealed record JobSummary
{
    /// <summary>The job's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [FieldNumber(1)]
    public required JobState State { get; init; }

    /// <summary>Steps done.</summary>
    [FieldNumber(2)]
    public int Step { get; init; }

    /// <summary>Steps to do.</summary>
    [FieldNumber(3)]
    public int Steps { get; init; }

    /// <summary>When it was submitted, UTC.</summary>
    [FieldNumber(4)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>The owner.</summary>
    [FieldNumber(5)]
    public required string Owner { get; init; }

    /// <summary>The result's name.</summary>
    [FieldNumber(6)]
    public required string Name { get; init; }

    /// <summary>The request's metadata.</summary>
    [FieldNumber(7)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>Priority among the owner's jobs.</summary>
    [FieldNumber(8)]
    public int Priority { get; init; }
}
