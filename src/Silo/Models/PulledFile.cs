namespace OrleansOneShot.Silo.Models;

/// <summary>A file of a fetched model.</summary>
/// <param name="Path">Path within the model's folder.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record PulledFile(string Path, long Bytes, string Sha256);
