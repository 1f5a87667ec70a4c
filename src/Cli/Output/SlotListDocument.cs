using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Cli.Output;

/// <summary>The slots of a cluster.</summary>
/// <param name="Slots">By silo and number.</param>
internal sealed record SlotListDocument(IReadOnlyList<SlotDocument> Slots)
{
    /// <summary>Lists the slots of a snapshot.</summary>
    /// <param name="snapshot">The snapshot.</param>
    public static SlotListDocument Of(SchedulerSnapshot snapshot)
    {
        var leased = snapshot.Leases.ToDictionary(lease => (lease.Silo, lease.Slot));
        var lent = snapshot.Lent.ToDictionary(lease => (lease.Silo, lease.Slot));
        return new SlotListDocument([
            .. snapshot
                .Slots.OrderBy(silo => silo.Key, StringComparer.Ordinal)
                .SelectMany(silo =>
                    silo.Value.Select(slot =>
                    {
                        var key = (silo.Key, slot.Slot);
                        var lease = leased.GetValueOrDefault(key) ?? lent.GetValueOrDefault(key);
                        var reason = snapshot.Withheld.GetValueOrDefault(silo.Key);
                        var state =
                            leased.ContainsKey(key) ? "leased"
                            : lease is not null ? "lent"
                            : reason is not null ? "withheld"
                            : "free";
                        return new SlotDocument(silo.Key, slot.Slot, slot.Device, slot.MemoryBytes, state, lease?.JobId, lease?.Epoch, reason);
                    })
                ),
        ]);
    }
}
