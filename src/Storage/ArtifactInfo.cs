namespace OrleansOneShot.Storage;

/// <summary>A file of the store.</summary>
/// <param name="Path">Path in the store.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, lower-case hexadecimal.</param>
public sealed record ArtifactInfo(string Path, long Bytes, string Sha256);
