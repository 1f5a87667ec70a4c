using System.Collections.Immutable;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>A job (key: its id) as its trainer sees it. Each call names the trainer's epoch; a trainer whose epoch is over changes nothing.</summary>
[Alias("oneshot.ITrainedImplantation")]
public interface ITrainedImplantation : IGrainWithStringKey
{
    /// <summary>Appends to the progress log.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="updates">What happened, oldest first.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When logged.</returns>
    [Alias("Report")]
    Task Report(long epoch, ImmutableArray<ProgressUpdate> updates);

    /// <summary>A checkpoint lies in the store; from now on the job resumes from it, and keeps the one before it for when that one is damaged.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="checkpoint">The checkpoint, at the place where this epoch's checkpoint of that step belongs.</param>
    /// <param name="settled">What the run depends on; the first that a job hears of counts from then on.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <exception cref="OneShotException">
    /// invalid_input: no checkpoint that this epoch could have written; conflict: the run depends on something else than was settled.
    /// </exception>
    /// <returns>When durable.</returns>
    [Alias("CommitCheckpoint")]
    Task CommitCheckpoint(long epoch, CheckpointReference checkpoint, SettledRun? settled);

    /// <summary>
    /// A checkpoint is damaged, lost, or of a version that can't be read; the job resumes from it no more. One that the job does not refer to is ignored.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When durable.</returns>
    [Alias("DropCheckpoint")]
    Task DropCheckpoint(long epoch, CheckpointReference checkpoint);

    /// <summary>Before it publishes: only the holder of the current epoch may.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled.</exception>
    /// <returns>When durable.</returns>
    [Alias("BeginPublish")]
    Task BeginPublish(long epoch);

    /// <summary>
    /// Its result and manifest lie in the store, below its epoch. The job takes them, which is final, publishes that manifest as its own, and has succeeded.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <exception cref="StaleEpochException">Another epoch has taken over, or the job was cancelled: nothing of this epoch is published.</exception>
    /// <returns>When published; a failure in between is mended by the next call.</returns>
    [Alias("Complete")]
    Task Complete(long epoch);

    /// <summary>The job can't go on.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="error">Why.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Fail")]
    Task Fail(long epoch, ErrorDetail error);

    /// <summary>It stopped on request (drain, Ctrl-C); the job resumes later from its last checkpoint.</summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="requeue">Whether to queue the job again now; false leaves that to the next start of the process.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Release")]
    Task Release(long epoch, bool requeue);

    /// <summary>
    /// It stopped because a store was out of reach for too long. The job is queued again at the front, and goes on from its last checkpoint; it fails if that
    /// has happened for too long without a new one.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="what">A sentence that says what was out of reach.</param>
    /// <param name="lasted">For how long: a store that is back after a moment counts for little.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("Outage")]
    Task Outage(long epoch, string what, TimeSpan lasted);

    /// <summary>
    /// Its machine failed, not the job. The job is queued again at the front, for another silo if there is one, and goes on from its last checkpoint; it fails
    /// if different silos have failed it, or one that is alone again and again, without a new checkpoint.
    /// </summary>
    /// <param name="epoch">The trainer's epoch.</param>
    /// <param name="error">What happened there.</param>
    /// <returns>When durable; a stale epoch is ignored.</returns>
    [Alias("MachineFault")]
    Task MachineFault(long epoch, ErrorDetail error);
}
