namespace OrleansOneShot.Storage;

/// <summary>A store is out of reach, or does not allow what it was asked for. The message is one clear sentence for people and holds no secret.</summary>
/// <param name="fault">Why.</param>
/// <param name="message">The sentence.</param>
/// <param name="inner">What the store's library said.</param>
public sealed class ArtifactStoreException(ArtifactStoreFault fault, string message, Exception? inner = null) : IOException(message, inner)
{
    /// <summary>Why.</summary>
    public ArtifactStoreFault Fault { get; } = fault;

    /// <summary>Whether the same call may work later.</summary>
    public bool IsTransient => Fault == ArtifactStoreFault.Unreachable;
}
