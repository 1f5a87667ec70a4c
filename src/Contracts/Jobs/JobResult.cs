using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>What a trainer published.</summary>
/// <param name="Files">The files of the manifest.</param>
/// <param name="Metrics">The measured quality.</param>
/// <param name="Seconds">Seconds that the epoch worked.</param>
[GenerateSerializer, Immutable, Alias("oneshot.JobResult")]
public sealed record JobResult([property: Id(0)] ImmutableArray<JobFile> Files, [property: Id(1)] JobMetrics? Metrics, [property: Id(2)] double Seconds);

/// <summary>A published file.</summary>
/// <param name="Path">Path relative to the result, with '/'.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, lower-case hexadecimal.</param>
[GenerateSerializer, Immutable, Alias("oneshot.JobFile")]
public sealed record JobFile([property: Id(0)] string Path, [property: Id(1)] long Bytes, [property: Id(2)] string Sha256);
