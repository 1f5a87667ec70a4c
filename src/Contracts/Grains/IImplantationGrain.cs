using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>A job (key: its id): a durable state machine that owns the job's state, epoch and progress log. It trains nothing itself.</summary>
[Alias("oneshot.IImplantationGrain")]
public interface IImplantationGrain : IGrainWithStringKey
{
    /// <summary>Accepts the job and queues it. Submitting the same request again is harmless.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job's status.</returns>
    /// <exception cref="OneShotException">invalid_input, or conflict when the id holds another request.</exception>
    [Alias("Submit")]
    Task<ImplantationStatus> Submit(ImplantationRequest request, CancellationToken cancellationToken = default);

    /// <summary>All that is known of the job.</summary>
    /// <returns>The status; null if the job was never submitted.</returns>
    [Alias("GetStatus"), ReadOnly, AlwaysInterleave]
    Task<ImplantationStatus?> GetStatus();

    /// <summary>The progress log from a sequence number on, then new events until the job has ended.</summary>
    /// <param name="fromSequence">First sequence number wanted, 1 for all.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events without gaps.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Watch"), AlwaysInterleave]
    IAsyncEnumerable<ProgressEvent> Watch(long fromSequence, CancellationToken cancellationToken = default);

    /// <summary>
    /// Ends the job without result. Ended jobs stay as they are. A job that is publishing is asked to stop and may still succeed, if its manifest is out already: the end of
    /// <see cref="Watch"/> tells.
    /// </summary>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Cancel")]
    Task<ImplantationStatus> Cancel();

    /// <summary>Forgets an ended job and deletes its files; inputs, which jobs share, stay.</summary>
    /// <returns>True if it is gone; false if there was none.</returns>
    /// <exception cref="OneShotException">conflict: the job has not ended.</exception>
    [Alias("Delete")]
    Task<bool> Delete();

    /// <summary>Puts an unfinished job that nobody works for back into the queue, after a restart for example.</summary>
    /// <param name="reason">Why, for the log and the metrics: "restart", "backstop".</param>
    /// <returns>True if the job was requeued; false if it has ended, waits already or is being worked on.</returns>
    [Alias("EnsureRunning")]
    Task<bool> EnsureRunning(string reason);

    /// <summary>Called by the scheduler: it has freed a lease of the job, which goes back into the queue if it still holds that lease. May be said again, and late.</summary>
    /// <param name="lease">The lease; its epoch is 0 if the scheduler never heard it.</param>
    /// <param name="reason">Why, for the log and the metrics: "silo_lost", "lease_expired".</param>
    /// <returns>True if the job was requeued.</returns>
    [Alias("LoseSlot")]
    Task<bool> LoseSlot(SlotLease lease, string reason);

    /// <summary>Called by the scheduler: the job has a slot. Raises the epoch and starts the training grain there.</summary>
    /// <param name="lease">The lease, whose epoch is not yet set.</param>
    /// <returns>The lease with the job's new epoch; null if the job no longer wants a slot.</returns>
    [Alias("Start")]
    Task<SlotLease?> Start(SlotLease lease);

    /// <summary>Called by the scheduler when the reason changes why the job waits.</summary>
    /// <param name="why">The reason, one sentence.</param>
    /// <returns>When logged.</returns>
    [Alias("Waits")]
    Task Waits(string why);

    /// <summary>Called by the trainer: appends to the progress log.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="updates">What happened, oldest first.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When logged.</returns>
    [Alias("Report")]
    Task Report(long epoch, ImmutableArray<ProgressUpdate> updates);

    /// <summary>Called by the trainer: a checkpoint lies in the store; from now on the job resumes from it.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When durable.</returns>
    [Alias("CommitCheckpoint")]
    Task CommitCheckpoint(long epoch, CheckpointReference checkpoint);

    /// <summary>Called by the trainer before it publishes: only the holder of the current epoch may.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When durable.</returns>
    [Alias("BeginPublish")]
    Task BeginPublish(long epoch);

    /// <summary>
    /// Called by the trainer: its result and manifest lie in the store, below its epoch. The job takes them, which is final, publishes that manifest as its own, and has succeeded.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled: nothing of this epoch is published.</exception>
    /// <returns>When published; a failure in between is mended by the next call.</returns>
    [Alias("Complete")]
    Task Complete(long epoch);

    /// <summary>Called by the trainer: the job can't go on.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="error">Why.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Fail")]
    Task Fail(long epoch, ErrorDetail error);

    /// <summary>Called by the trainer: it stopped on request (drain, Ctrl-C); the job resumes later from its last checkpoint.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="requeue">Whether to queue the job again now; false leaves that to the next start of the process.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Release")]
    Task Release(long epoch, bool requeue);

    /// <summary>
    /// Called by the trainer: it stopped because a store was out of reach for too long. The job is queued again at the front, and goes on from its last checkpoint; it fails if that has
    /// happened too often without a new one.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="what">A sentence that says what was out of reach.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Outage")]
    Task Outage(long epoch, string what);

    /// <summary>
    /// Knows the job again, if its state was lost and its result lies published in the store: by the manifest and the request beside it, which are read and checked here. A job that is known
    /// stays as it is.
    /// </summary>
    /// <param name="dryRun">Only tells.</param>
    /// <returns>What became, or would become, of it.</returns>
    /// <exception cref="OneShotException">invalid_input: no job has such an id. failed: what the store holds is damaged; the message says what.</exception>
    [Alias("Recover")]
    Task<RecoveryOutcome> Recover(bool dryRun);
}
