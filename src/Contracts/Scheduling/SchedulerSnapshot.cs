using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>The scheduler's queue and leases.</summary>
/// <param name="Queue">Waiting jobs, in the order in which they will start.</param>
/// <param name="Leases">Running jobs.</param>
/// <param name="Slots">All slots, by silo address.</param>
/// <param name="Lent">Slots lent to running jobs; a waiting job takes them back.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SchedulerSnapshot")]
public sealed record SchedulerSnapshot(
    [property: Id(0)] ImmutableArray<QueueEntry> Queue,
    [property: Id(1)] ImmutableArray<SlotLease> Leases,
    [property: Id(2)] ImmutableDictionary<string, ImmutableArray<SlotAnnouncement>> Slots,
    [property: Id(3)] ImmutableArray<SlotLease> Lent);
