using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>A page of a list of jobs, newest first.</summary>
/// <param name="Jobs">The jobs.</param>
/// <param name="Next">Cursor of the next page; null on the last.</param>
[GenerateSerializer, Immutable, Alias("oneshot.JobPage")]
public sealed record JobPage([property: Id(0)] ImmutableArray<JobSummary> Jobs, [property: Id(1)] string? Next);
