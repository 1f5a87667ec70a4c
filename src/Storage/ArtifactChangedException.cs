namespace OrleansOneShot.Storage;

/// <summary>A file was changed by somebody else.</summary>
public sealed class ArtifactChangedException : IOException
{
    /// <summary>The file has another length than its writer left it with.</summary>
    /// <param name="path">Its path in the store.</param>
    /// <param name="expected">The length it should have, in bytes.</param>
    /// <param name="actual">The length it has, in bytes.</param>
    public ArtifactChangedException(string path, long expected, long actual)
        : base($"{path} has {actual} bytes where {expected} were expected: somebody else writes it.") => ArtifactPath = path;

    /// <summary>The file was replaced or deleted in the middle of a call.</summary>
    /// <param name="path">Its path in the store.</param>
    /// <param name="what">What happened to it, to follow the path: "was replaced while it was read".</param>
    public ArtifactChangedException(string path, string what)
        : base($"{path} {what}.") => ArtifactPath = path;

    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; }
}
