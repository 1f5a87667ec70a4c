using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>A job (key: its id) as the scheduler sees it: it is given slots, and told of those that are gone.</summary>
[Alias("oneshot.IScheduledImplantation")]
public interface IScheduledImplantation : IGrainWithStringKey
{
    /// <summary>The scheduler has freed a lease of the job, which goes back into the queue if it still holds that lease. May be said again, and late.</summary>
    /// <param name="lease">The lease; its epoch is 0 if the scheduler never heard it.</param>
    /// <param name="reason">Why, for the log and the metrics: "silo_lost", "lease_expired", "no_answer".</param>
    /// <returns>True if the job was requeued.</returns>
    [Alias("LoseSlot")]
    Task<bool> LoseSlot(SlotLease lease, string reason);

    /// <summary>The job has a slot. Raises the epoch and starts the training grain there.</summary>
    /// <param name="lease">The lease, whose epoch is not yet set.</param>
    /// <returns>The lease with the job's new epoch, or another one that the job works with already; null if the job no longer wants a slot.</returns>
    [Alias("Start")]
    Task<SlotLease?> Start(SlotLease lease);

    /// <summary>Told when the reason changes why the job waits.</summary>
    /// <param name="why">The reason, one sentence.</param>
    /// <returns>When logged.</returns>
    [Alias("TellWaiting")]
    Task TellWaiting(string why);
}
