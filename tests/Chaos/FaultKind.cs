namespace OrleansOneShot.Chaos;

/// <summary>What goes wrong.</summary>
internal enum FaultKind
{
    /// <summary>SIGKILL of a silo, which is started again a little later.</summary>
    Kill,

    /// <summary>SIGSTOP of a silo, and SIGCONT after so long that it may have been evicted meanwhile.</summary>
    Freeze,

    /// <summary>SIGTERM of a silo, which is started again.</summary>
    Drain,

    /// <summary>Redis ends and starts again from its file.</summary>
    Redis,

    /// <summary>The blob store resets its connections and refuses new ones.</summary>
    BlobsCut,

    /// <summary>SIGSTOP of the blob store, and SIGCONT: it takes connections and does not answer.</summary>
    BlobsFrozen,
}
