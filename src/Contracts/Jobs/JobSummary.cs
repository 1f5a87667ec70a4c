namespace OrleansOneShot.Contracts.Jobs;

/// <summary>A job as lists show it.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.JobSummary")]
public sealed record JobSummary
{
    /// <summary>The job's id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [Id(1)]
    public required JobState State { get; init; }

    /// <summary>Steps done.</summary>
    [Id(2)]
    public int Step { get; init; }

    /// <summary>Steps to do.</summary>
    [Id(3)]
    public int Steps { get; init; }

    /// <summary>When it was submitted, UTC.</summary>
    [Id(4)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>The owner.</summary>
    [Id(5)]
    public required string Owner { get; init; }

    /// <summary>The result's name.</summary>
    [Id(6)]
    public required string Name { get; init; }
}
