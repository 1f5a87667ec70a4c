namespace OrleansOneShot.Storage;

/// <summary>A file that must not exist does.</summary>
/// <param name="path">Its path in the store.</param>
public sealed class ArtifactExistsException(string path) : IOException($"{path} exists already.")
{
    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; } = path;
}
