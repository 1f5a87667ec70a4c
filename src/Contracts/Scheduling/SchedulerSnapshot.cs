using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>The scheduler's queue and leases.</summary>
/// <param name="Queue">Waiting jobs, in the order in which they will start.</param>
/// <param name="Leases">Running jobs.</param>
/// <param name="Slots">All slots, by silo address, those of silos that take no jobs for now included.</param>
/// <param name="Lent">Slots lent to running jobs; a waiting job takes them back.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SchedulerSnapshot")]
public sealed record SchedulerSnapshot(
    [property: Id(0)] ImmutableArray<QueueEntry> Queue,
    [property: Id(1)] ImmutableArray<SlotLease> Leases,
    [property: Id(2)] ImmutableDictionary<string, ImmutableArray<SlotAnnouncement>> Slots,
    [property: Id(3)] ImmutableArray<SlotLease> Lent
)
{
    /// <summary>Silos that take no jobs for now, by address, each with the reason, as the end of a sentence that begins with "takes no jobs: ".</summary>
    [Id(4)]
    public ImmutableDictionary<string, string> Withheld { get; init; } = ImmutableDictionary<string, string>.Empty;
}
