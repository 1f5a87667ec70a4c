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

/// <summary>Why a store did not do what it was asked to.</summary>
public enum ArtifactStoreFault
{
    /// <summary>It can't be reached or can't answer now: the same call may work later.</summary>
    Unreachable = 0,

    /// <summary>It does not allow this: a wrong key, no permission, or a read-only store. Somebody has to change that.</summary>
    Denied = 1,

    /// <summary>Its container does not exist and may not be created.</summary>
    Missing = 2,

    /// <summary>It refused the request for another reason, which the message carries.</summary>
    Refused = 3,
}

/// <summary>A file that must not exist does.</summary>
/// <param name="path">Its path in the store.</param>
public sealed class ArtifactExistsException(string path) : IOException($"{path} exists already.")
{
    /// <summary>Its path in the store.</summary>
    public string ArtifactPath { get; } = path;
}

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
