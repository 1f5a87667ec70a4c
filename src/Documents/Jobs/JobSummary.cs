using System.Text.Json.Serialization;
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

    /// <summary>What kind of job it is. (Left out of documents for implantations.)</summary>
    [FieldNumber(8), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JobKind Kind { get; init; }

    /// <summary>Priority among the owner's jobs.</summary>
    [FieldNumber(9)]
    public int Priority { get; init; }
}

/// <summary>What a job makes.</summary>
public enum JobKind
{
    /// <summary>A LoRA and token vectors of a photo.</summary>
    Implantation = 0,

    /// <summary>Pictures.</summary>
    Generation = 1,
}
