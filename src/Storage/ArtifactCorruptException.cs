namespace OrleansOneShot.Storage;

/// <summary>The bytes of a file are not those that were expected.</summary>
/// <param name="path">Its path in the store.</param>
/// <param name="expected">What was expected.</param>
/// <param name="actual">What was read.</param>
public sealed class ArtifactCorruptException(string path, ArtifactInfo expected, ArtifactInfo actual)
    : IOException($"{path} is damaged: expected {expected.Bytes} bytes with SHA-256 {expected.Sha256}, read {actual.Bytes} bytes with SHA-256 {actual.Sha256}.")
{
    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; } = path;
}
