namespace OrleansOneShot.Storage;

/// <summary>A file as a listing for clean-up shows it, without reading it.</summary>
/// <param name="Path">Path in the store.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="LastUsed">When it was last written or touched, UTC.</param>
public sealed record StoredFile(string Path, long Bytes, DateTimeOffset LastUsed);
