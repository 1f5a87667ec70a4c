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

    /// <summary>SIGKILL of Redis, which is started again from its file: what it has acknowledged is there.</summary>
    RedisKill,

    /// <summary>The blob store resets its connections and refuses new ones.</summary>
    BlobsCut,

    /// <summary>SIGSTOP of the blob store, and SIGCONT: it takes connections and does not answer.</summary>
    BlobsFrozen,

    /// <summary>A bit of a training job's checkpoint flips in the store, and its silo is killed: the job has to read it.</summary>
    FlipCheckpoint,

    /// <summary>A bit of a photo or mask flips in the store while its job waits or works.</summary>
    FlipInput,

    /// <summary>A bit of a published file flips in the store; somebody downloads the result; the bit flips back.</summary>
    FlipResult,

    /// <summary>A silo's clock jumps by seconds to an hour, forwards or backwards, and back later; now and then all silos are killed in between.</summary>
    Clock,

    /// <summary>The disk of a silo's data folder is full for a while.</summary>
    Disk,

    /// <summary>Packets of one direction between a silo and another one, Redis or the store get lost.</summary>
    Partition,

    /// <summary>SIGTERM of a silo for good; one of another name and another empty disk takes its place.</summary>
    Replace,

    /// <summary>One silo more joins, and leaves again by SIGTERM.</summary>
    Join,
}
