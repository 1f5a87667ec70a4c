namespace OrleansOneShot.Storage;

/// <summary>A file is longer than its reader takes.</summary>
/// <param name="path">Its path in the store.</param>
/// <param name="bytes">Its length in bytes.</param>
/// <param name="mostBytes">What the reader takes at most, in bytes.</param>
public sealed class ArtifactTooLargeException(string path, long bytes, long mostBytes) : IOException($"{path} has {bytes} bytes; at most {mostBytes} are read.")
{
    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; } = path;

    /// <summary>Its length in bytes.</summary>
    public long Bytes { get; } = bytes;
}
