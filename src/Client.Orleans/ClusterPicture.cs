using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Client.Cluster;

/// <summary>A scheduler's snapshot as the documents that the command line and HTTP show.</summary>
public static class ClusterPicture
{
    /// <summary>The waiting jobs.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>In the order in which they will start.</returns>
    public static QueueDocument ToQueue(this SchedulerSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return new QueueDocument([
            .. snapshot.Queue.Select(entry => new QueueEntryDocument(entry.JobId, entry.Owner, entry.Priority, entry.Enqueued, entry.Waiting)),
        ]);
    }

    /// <summary>The silos that offer slots.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>By address.</returns>
    public static SiloListDocument ToSilos(this SchedulerSnapshot snapshot) =>
        new([
            .. snapshot
                .ToSlots()
                .Slots.GroupBy(slot => slot.Silo)
                .Select(silo => new SiloDocument(silo.Key, silo.Count(), silo.Count(slot => slot.State == "free"), silo.First().Reason)),
        ]);

    /// <summary>How far a cluster has drained.</summary>
    /// <param name="status">The status.</param>
    /// <returns>The document.</returns>
    public static DrainDocument ToDocument(this DrainStatus status)
    {
        ArgumentNullException.ThrowIfNull(status);
        return new DrainDocument(status.Mark is not null, status.Running, status.Waiting, status.Silos, status.Mark?.ContractVersion, status.Mark?.Since);
    }

    /// <summary>The slots.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>By silo and number.</returns>
    public static SlotListDocument ToSlots(this SchedulerSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
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
