namespace OrleansOneShot.Storage;

/// <summary>A file was changed by somebody else.</summary>
/// <param name="path">Its path in the store.</param>
/// <param name="expected">The length it should have, in bytes.</param>
/// <param name="actual">The length it has, in bytes.</param>
public sealed class ArtifactChangedException(string path, long expected, long actual)
    : IOException($"{path} has {actual} bytes where {expected} were expected: somebody else writes it.")
{
    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; } = path;
}
