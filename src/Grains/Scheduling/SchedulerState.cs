using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What the scheduler must remember. Slots are not in it: silos announce them again.</summary>
[GenerateSerializer, Alias("oneshot.SchedulerState")]
internal sealed record SchedulerState
{
    /// <summary>Waiting jobs, as older versions stored them; now they are rows of their own.</summary>
    [Id(0)]
    public ImmutableArray<QueueEntry> Queue { get; init; } = [];

    /// <summary>Jobs with a slot.</summary>
    [Id(1)]
    public ImmutableArray<LeaseRecord> Leases { get; init; } = [];

    /// <summary>When each owner was last served.</summary>
    [Id(2)]
    public ImmutableArray<ServedOwner> Served { get; init; } = [];

    /// <summary>Number of the newest grant.</summary>
    [Id(3)]
    public long Grants { get; init; }

    /// <summary>Slots lent to running jobs.</summary>
    [Id(4)]
    public ImmutableArray<SlotLease> Lent { get; init; } = [];

    /// <summary>Number of the queue's rows.</summary>
    [Id(5)]
    public int Pages { get; init; }

    /// <summary>What jobs were seen to need.</summary>
    [Id(6)]
    public ImmutableArray<MemoryProfile> Profiles { get; init; } = [];

    /// <summary>Whether another state holds the same. Records compare immutable arrays by reference.</summary>
    /// <param name="other">The other.</param>
    /// <returns>Whether writing it would change nothing.</returns>
    public bool Same(SchedulerState other) =>
        Grants == other.Grants
        && Pages == other.Pages
        && Same(Queue, other.Queue)
        && Same(Leases, other.Leases)
        && Same(Served, other.Served)
        && Same(Lent, other.Lent)
        && Same(Profiles, other.Profiles);

    private static bool Same<T>(ImmutableArray<T> one, ImmutableArray<T> other) => !other.IsDefault && one.SequenceEqual(other);
}

/// <summary>A lease and the queue entry that it came from, so that a failed start puts the job back where it was.</summary>
/// <param name="Lease">The lease; its epoch is 0 until the job has answered.</param>
/// <param name="Entry">The queue entry.</param>
[GenerateSerializer, Immutable, Alias("oneshot.LeaseRecord")]
internal sealed record LeaseRecord([property: Id(0)] SlotLease Lease, [property: Id(1)] QueueEntry Entry);

/// <summary>When an owner was last served.</summary>
/// <param name="Owner">The owner.</param>
/// <param name="Grant">Number of the grant.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ServedOwner")]
internal sealed record ServedOwner([property: Id(0)] string Owner, [property: Id(1)] long Grant);
