using Orleans.Concurrency;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// A job (key: its id) as its users see it: a durable state machine that owns the job's state, epoch and progress log. It trains nothing itself. The scheduler
/// and the trainer speak to the same grain through <see cref="IScheduledImplantation"/> and <see cref="ITrainedImplantation"/>.
/// </summary>
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
    /// <returns>The status; null if no such implantation was ever submitted.</returns>
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
    /// Ends the job without result. Ended jobs stay as they are. A job that is publishing is asked to stop and may still succeed, if its manifest is out
    /// already: the end of <see cref="Watch"/> tells.
    /// </summary>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Cancel")]
    Task<ImplantationStatus> Cancel();

    /// <summary>
    /// Runs a job again that has failed or was cancelled: under its id, with a higher epoch, and from its last checkpoint if that is still there. The log goes
    /// on.
    /// </summary>
    /// <param name="retries">
    /// How often it was retried as far as the caller knows (<see cref="ImplantationStatus.Retries"/>): said again, as the answer was lost, it is one retry.
    /// </param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">
    /// not_found. conflict: the job goes on by itself, or has succeeded, or was retried by somebody else. blob_missing: the store has lost inputs. limit: too
    /// many jobs wait.
    /// </exception>
    [Alias("Retry")]
    Task<ImplantationStatus> Retry(int retries);

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

    /// <summary>
    /// Knows the job again, if its state was lost, or put back from a backup that is older than its result, and that result lies published in the store: by
    /// the manifest and the request beside it, which are read and checked here. Any other job stays as it is.
    /// </summary>
    /// <param name="dryRun">Only tells.</param>
    /// <returns>What became, or would become, of it.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: no job has such an id. failed: nothing is known of the job, and what the store holds is damaged.
    /// </exception>
    [Alias("Recover")]
    Task<RecoveryOutcome> Recover(bool dryRun);
}
