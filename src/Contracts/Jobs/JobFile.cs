namespace OrleansOneShot.Contracts.Jobs;

/// <summary>A published file.</summary>
/// <param name="Path">Path relative to the result, with '/'.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, lower-case hexadecimal.</param>
[GenerateSerializer, Immutable, Alias("oneshot.JobFile")]
public sealed record JobFile([property: Id(0)] string Path, [property: Id(1)] long Bytes, [property: Id(2)] string Sha256);
