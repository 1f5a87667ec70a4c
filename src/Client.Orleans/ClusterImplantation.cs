using OrleansOneShot.Client.Watching;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Cluster;

/// <summary>One job and its verbs.</summary>
public sealed record ClusterImplantation : IWatchedJob, IClusterJob<ImplantationStatus>
{
    private readonly ClusterClient _client;

    internal ClusterImplantation(string id, IImplantationGrain grain, ClusterClient client)
    {
        Id = id;
        Grain = grain;
        _client = client;
    }

    /// <summary>The job's id.</summary>
    public string Id { get; }

    internal IImplantationGrain Grain { get; }

    /// <summary>Submits the job, whose photos and masks lie in the store already. Submitting the same request again is harmless.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job's status, without its place in the queue.</returns>
    /// <exception cref="OneShotException">invalid_input, or conflict when the id holds another request.</exception>
    public Task<ImplantationStatus> SubmitAsync(ImplantationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _client.CallAsync(
            async token =>
            {
                TraceParent.Send(TraceParent.Current);
                return await Grain.Submit(request, token);
            },
            cancellationToken
        );
    }

    /// <summary>All that is known of the job.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status; null if there is no such job.</returns>
    public Task<ImplantationStatus?> FindStatusAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await Grain.GetStatus(), cancellationToken);

    /// <summary>All that is known of the job.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public async Task<ImplantationStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        if (await FindStatusAsync(cancellationToken) is { } status)
        {
            return status;
        }

        // It may have been there until Redis lost it.
        await _client.RequireSameClusterAsync();
        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, $"There is no job {Id}.", "id", "List the jobs with: oneshot jobs list"));
    }

    /// <summary>The progress log from a sequence number on, then new events until the job has ended or waits for the next start of its process.</summary>
    /// <param name="fromSequence">
    /// First sequence number wanted, 1 for all. The stream goes on by itself where the job's silo or the connection goes away: its log is the same wherever the
    /// job is active, and there is no gap.
    /// </param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Events.</returns>
    /// <exception cref="OneShotException">not_found; unavailable: the stream broke, and asking again as often as any call is asked brought nothing.</exception>
    public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default) =>
        ProgressStream.ReadAsync(Grain.Watch, _client, fromSequence, cancellationToken);

    /// <summary>Ends the job without result; an ended job stays as it is.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    public Task<ImplantationStatus> CancelAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await Grain.Cancel(), cancellationToken);

    /// <summary>
    /// Runs a job again that has failed or was cancelled: under its id, from its last checkpoint if that is still there, else from the beginning. Its log goes
    /// on, so whoever watches again hears all of it.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">
    /// not_found. conflict: the job goes on by itself, or has succeeded. blob_missing: its inputs are gone, and must be uploaded again. limit: too many wait.
    /// </exception>
    public async Task<ImplantationStatus> RetryAsync(CancellationToken cancellationToken = default) =>
        await RetryKnownAsync(await GetStatusAsync(cancellationToken), cancellationToken);

    /// <summary>As <see cref="RetryAsync"/>, for those who know the job already.</summary>
    /// <param name="known">What is known of it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status afterwards.</returns>
    /// <exception cref="OneShotException">As there; conflict also: somebody else has retried it since.</exception>
    public Task<ImplantationStatus> RetryKnownAsync(ImplantationStatus known, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(known);

        // Which retry this is: a call whose answer was lost is repeated, and must not be a second one.
        return _client.CallAsync(async _ => await Grain.Retry(known.Retries), cancellationToken);
    }

    /// <summary>Deletes an ended job with all its files. Inputs that other jobs may share stay.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When gone.</returns>
    /// <exception cref="OneShotException">conflict: the job has not ended.</exception>
    public Task DeleteAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(
            async _ =>
            {
                await Grain.Delete();
                return true;
            },
            cancellationToken
        );

    /// <summary>Puts an unfinished job that nobody works for back into the queue.</summary>
    /// <param name="reason">Why, such as "restart".</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>True if it was queued again.</returns>
    public Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await Grain.EnsureRunning(reason), cancellationToken);

    /// <summary>Knows the job again, if its state was lost and its result lies published in the store. A job that is known stays as it is.</summary>
    /// <param name="dryRun">Only tells.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What became, or would become, of it.</returns>
    /// <exception cref="OneShotException">failed: what the store holds of it is damaged.</exception>
    public Task<RecoveryOutcome> RecoverAsync(bool dryRun, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await Grain.Recover(dryRun), cancellationToken);

    /// <summary>Waits until the job has ended.</summary>
    /// <param name="cancellationToken">Stops waiting; the job goes on.</param>
    /// <returns>The status of a job that has succeeded.</returns>
    /// <exception cref="OneShotException">not_found; the job's own error when it failed; cancelled.</exception>
    public Task<ImplantationStatus> GetResultAsync(CancellationToken cancellationToken = default) =>
        JobOutcome.WaitAsync(GetStatusAsync, WatchAsync, cancellationToken);

    /// <inheritdoc/>
    public bool Equals(ClusterImplantation? other) => other is not null && other.Id == Id;

    /// <inheritdoc/>
    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Id);
}
