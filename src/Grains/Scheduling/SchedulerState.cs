using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What the scheduler must remember. Slots are not in it: silos announce them again.</summary>
[GenerateSerializer, Alias("oneshot.SchedulerState")]
internal sealed record SchedulerState
{
    /// <summary>Waiting jobs.</summary>
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
}
