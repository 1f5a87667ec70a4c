using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OrleansOneShot.Client.Datasets;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Cluster;

/// <summary>An owner's dataset runs through a gateway, or in the same process.</summary>
/// <param name="client">The way to the grains.</param>
/// <param name="owner">Whose runs; others' are not there.</param>
internal sealed class ClusterDatasets(ClusterClient client, string owner) : IDatasetTransport
{
    /// <inheritdoc/>
    public Task<DatasetRunStatus> CreateAsync(DatasetRunRequest request, string idempotencyKey, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var id = DatasetRunId.Of(owner, idempotencyKey, DateTimeOffset.UtcNow);
        return AskAsync(() => client.GetDatasetRun(id).CreateAsync(request with { Owner = owner }, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<DatasetRunStatus> AddItemsAsync(string id, ImmutableArray<DatasetItem> items, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => run.AddItemsAsync(items, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<DatasetRunStatus> GetStatusAsync(string id, CancellationToken cancellationToken = default) =>
        (await FindAsync(id, cancellationToken)).Status;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DatasetRunStatus> WatchAsync(
        string id,
        long after = 0,
        [EnumeratorCancellation] CancellationToken cancellationToken = default
    )
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        await using var stream = run.WatchAsync(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await AskAsync(() => stream.MoveNextAsync().AsTask()))
        {
            yield return stream.Current;
        }
    }

    /// <inheritdoc/>
    public async Task<DatasetItemPage> ListItemsPageAsync(string id, DatasetItemQuery query, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => run.ListItemsPageAsync(query, cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<DatasetRunStatus> CancelAsync(string id, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => run.CancelAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<DatasetRunStatus> ResumeAsync(string id, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => run.ResumeAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async Task<DatasetRunStatus> RetryAsync(string id, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        return await AskAsync(() => run.RetryAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string id, CancellationToken cancellationToken = default)
    {
        var (run, _) = await FindAsync(id, cancellationToken);
        await AskAsync(() => run.DeleteAsync(cancellationToken));
    }

    /// <inheritdoc/>
    public Task<DatasetRunPage> ListPageAsync(DatasetRunQuery query, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        return AskAsync(() => client.ListDatasetRunsPageAsync(query with { Owner = owner }, cancellationToken));
    }

    private async Task<(ClusterDatasetRun Run, DatasetRunStatus Status)> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (DatasetRules.IsRunId(id))
        {
            var run = client.GetDatasetRun(id);
            if (await AskAsync(() => run.FindStatusAsync(cancellationToken)) is { } status && status.Owner == owner)
            {
                return (run, status);
            }
        }

        throw new OneShotException(new ErrorDetail(ErrorCodes.NotFound, "There is no such dataset run.", "id"));
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
