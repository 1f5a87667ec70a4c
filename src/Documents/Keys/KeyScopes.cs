using System.Collections.Immutable;

namespace OrleansOneShot.Documents.Keys;

/// <summary>What a key can allow. None includes another.</summary>
public static class KeyScopes
{
    /// <summary>To read the owner's jobs, events and files.</summary>
    public const string JobsRead = "jobs:read";

    /// <summary>To upload, submit, cancel, retry and delete, of the owner's own.</summary>
    public const string JobsWrite = "jobs:write";

    /// <summary>To see silos, slots and the queue.</summary>
    public const string ClusterRead = "cluster:read";

    /// <summary>To make, list and revoke keys, to upload models, and to drain the cluster.</summary>
    public const string Admin = "admin";

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [JobsRead, JobsWrite, ClusterRead, Admin];
}
