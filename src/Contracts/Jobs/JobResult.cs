using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>What a trainer published.</summary>
/// <param name="Files">The files of the manifest.</param>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Seconds">Seconds that the epoch worked.</param>
[GenerateSerializer, Immutable, Alias("oneshot.JobResult")]
public sealed record JobResult([property: Id(0)] ImmutableArray<JobFile> Files, [property: Id(1)] JobMetrics? Metrics, [property: Id(2)] double Seconds);
