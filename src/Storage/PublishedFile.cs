namespace OrleansOneShot.Storage;

/// <summary>A file of a published result.</summary>
/// <param name="Path">Path relative to the result, with '/'.</param>
/// <param name="Stored">Where it lies in the store, its length and hash.</param>
public sealed record PublishedFile(string Path, ArtifactInfo Stored);
