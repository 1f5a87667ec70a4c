using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Cluster;

/// <summary>
/// A cluster's gateway, or a silo in the same process, together with the store in which its files lie. Whoever reaches those two is trusted: this is for
/// services beside the cluster, and HTTP for all others.
/// </summary>
/// <param name="client">The way to the grains; disposed of with this.</param>
/// <param name="store">The artifacts.</param>
/// <param name="owner">Whose jobs these are; others' are not there.</param>
public sealed partial class ClusterTransport(ClusterClient client, IArtifactStore store, string owner = ClusterTransport.DefaultOwner) : IOneShotTransport
{
    /// <summary>Whose jobs those are that nobody's name is on.</summary>
    public const string DefaultOwner = "local";

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <inheritdoc/>
    public IBlobTarget Inputs { get; } = new StoreBlobs(store, StorePaths.Blob);

    /// <inheritdoc/>
    public IResultSource Results { get; } = new StoreResults(store);

    /// <summary>Connects a client to a cluster.</summary>
    /// <param name="options">Where the cluster is.</param>
    /// <param name="store">Its artifacts.</param>
    /// <param name="owner">Whose jobs to submit and see.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The client.</returns>
    /// <exception cref="OneShotException">unavailable; the message tells the cause.</exception>
    public static async Task<IOneShotClient> ConnectAsync(
        ClusterClientOptions options,
        IArtifactStore store,
        string owner = DefaultOwner,
        CancellationToken cancellationToken = default
    ) => OneShotClient.Over(new ClusterTransport(await ClusterClient.ConnectAsync(options, cancellationToken), store, owner));

    /// <inheritdoc/>
    public async Task<ImplantationStatus> SubmitAsync(ImplantationRequest request, string idempotencyKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = IdempotencyKey.ToJobId(owner, idempotencyKey, DateTimeOffset.UtcNow);
        return await AskAsync(async () =>
        {
            var job = await client.SubmitAsync(request with { Owner = owner }, new SubmitOptions { Id = id }, cancellationToken);
            return await job.GetStatusAsync(cancellationToken);
        });
    }

    /// <inheritdoc/>
    public Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AskAsync(() => client.EstimateAsync(request with { Owner = owner }, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<ImplantationStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        (await FindAsync(id, cancellationToken)).Status;

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
    public async Task<ImplantationStatus> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        var (job, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => job.CancelAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var (job, _) = await FindAsync(id, cancellationToken);
        await AskAsync(async () =>
        {
            await job.DeleteAsync(cancellationToken);
            return true;
        });
    }

    /// <inheritdoc/>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return AskAsync(() => client.ListPageAsync(query with { Owner = owner }, cancellationToken));
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => client.DisposeAsync();

    private async Task<(ClusterImplantation Job, ImplantationStatus Status)> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (JobId.IsValid(id))
        {
            var job = client.GetImplantation(id);
            if (await AskAsync(() => job.FindStatusAsync(cancellationToken)) is { } status && status.Request.Owner == owner)
            {
                return (job, status);
            }
        }

        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no such job.", "id"));
    }

    private async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e))
        {
            throw await client.ExplainAsync(e);
        }
    }
}
