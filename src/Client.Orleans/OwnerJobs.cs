using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Client.Cluster;

/// <summary>An owner's jobs of one kind; others' are not there.</summary>
/// <typeparam name="TRequest">What they are asked with.</typeparam>
/// <typeparam name="TStatus">What is told of them.</typeparam>
/// <param name="client">The way to the grains.</param>
/// <param name="results">Where their results come from.</param>
/// <param name="owner">The owner.</param>
/// <param name="kind">The kind.</param>
internal abstract class OwnerJobs<TRequest, TStatus>(ClusterClient client, IResultSource results, string owner, JobKind kind) : IJobTransport<TRequest, TStatus>
    where TRequest : class, IJobRequest
    where TStatus : class, IJobStatus
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public IResultSource Results => results;

    /// <summary>The way to the grains.</summary>
    protected ClusterClient Client => client;

    /// <summary>The owner.</summary>
    protected string Owner => owner;

    /// <inheritdoc/>
    public abstract Task<TStatus> SubmitAsync(TRequest request, string idempotencyKey, CancellationToken cancellationToken = default);

    /// <inheritdoc/>
    public async Task<TStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) => (await FindAsync(id, cancellationToken)).Status;

    /// <inheritdoc/>
    public async IAsyncEnumerable<ProgressEvent> WatchAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var (job, _) = await FindAsync(id, cancellationToken);
        while (true)
        {
            ProgressEvent? last = null;
            await foreach (var progress in job.WatchAsync(after + 1, cancellationToken))
            {
                (last, after) = (progress, progress.Sequence);
                yield return progress;
            }

            // The stream of an unfinished job ends when its silo goes; one that asks behind the end gets nothing.
            if (last?.Stage.IsFinal() == true)
            {
                yield break;
            }

            var (_, status) = await FindAsync(id, cancellationToken);
            if (status.State.IsFinal() && after >= status.LastSequence)
            {
                yield break;
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    /// <inheritdoc/>
    public async Task<TStatus> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        var (job, _) = await FindAsync(id, cancellationToken);
        return await client.AskAsync(() => job.CancelAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var (job, _) = await FindAsync(id, cancellationToken);
        await client.AskAsync(() => job.DeleteAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return client.AskAsync(() => client.ListPageAsync(query with { Owner = owner, Kind = kind }, cancellationToken));
    }

    /// <summary>A job; makes no call.</summary>
    /// <param name="id">Its id.</param>
    protected abstract IClusterJob<TStatus> Get(string id);

    private async Task<(IClusterJob<TStatus> Job, TStatus Status)> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (JobId.IsValid(id))
        {
            var job = Get(id);
            if (await client.AskAsync(() => job.FindStatusAsync(cancellationToken)) is { } status && status.Request.Owner == owner)
            {
                return (job, status);
            }
        }

        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no such job.", "id"));
    }
}

/// <summary>An owner's trainings.</summary>
/// <param name="client">The way to the grains.</param>
/// <param name="results">Where their results come from.</param>
/// <param name="owner">The owner.</param>
internal sealed class OwnerImplantations(ClusterClient client, IResultSource results, string owner)
    : OwnerJobs<ImplantationRequest, ImplantationStatus>(client, results, owner, JobKind.Implantation),
        IImplantationTransport
{
    /// <inheritdoc/>
    public override Task<ImplantationStatus> SubmitAsync(ImplantationRequest request, string idempotencyKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = IdempotencyKey.ToJobId(Owner, idempotencyKey, DateTimeOffset.UtcNow);
        return Client.AskAsync(() => Client.GetImplantation(id).SubmitAsync(request with { Owner = Owner }, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Client.AskAsync(() => Client.EstimateAsync(request with { Owner = Owner }, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken = default)
    {
        var known = await GetStatusAsync(id, cancellationToken);
        return await Client.AskAsync(() => Client.GetImplantation(id).RetryKnownAsync(known, cancellationToken));
    }

    /// <inheritdoc/>
    protected override IClusterJob<ImplantationStatus> Get(string id) => Client.GetImplantation(id);
}

/// <summary>An owner's drawings of pictures.</summary>
/// <param name="client">The way to the grains.</param>
/// <param name="results">Where their results come from.</param>
/// <param name="owner">The owner.</param>
internal sealed class OwnerGenerations(ClusterClient client, IResultSource results, string owner)
    : OwnerJobs<GenerationRequest, GenerationStatus>(client, results, owner, JobKind.Generation)
{
    /// <inheritdoc/>
    public override Task<GenerationStatus> SubmitAsync(GenerationRequest request, string idempotencyKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = IdempotencyKey.ToJobId(Owner, idempotencyKey, DateTimeOffset.UtcNow, IdempotencyKey.GenerationPrefix);
        return Client.AskAsync(() => Client.GetGeneration(id).SubmitAsync(request with { Owner = Owner }, cancellationToken));
    }

    /// <inheritdoc/>
    protected override IClusterJob<GenerationStatus> Get(string id) => Client.GetGeneration(id);
}
