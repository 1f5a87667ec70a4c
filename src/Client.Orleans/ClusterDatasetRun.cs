using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Cluster;

/// <summary>One dataset run and its verbs.</summary>
public sealed class ClusterDatasetRun
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly IDatasetRunGrain _grain;
    private readonly ClusterClient _client;

    internal ClusterDatasetRun(string id, IDatasetRunGrain grain, ClusterClient client) => (Id, _grain, _client) = (id, grain, client);

    /// <summary>The run's id.</summary>
    public string Id { get; }

    /// <summary>Makes the run. Making the same again is harmless.</summary>
    /// <param name="request">What it is to be.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run.</returns>
    /// <exception cref="OneShotException">invalid_input; conflict: the id is of another run.</exception>
    public Task<DatasetRunStatus> CreateAsync(DatasetRunRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _client.CallAsync(async _ => await _grain.Create(request), cancellationToken);
    }

    /// <summary>Adds items, whose files lie in the store already.</summary>
    /// <param name="items">1 to <see cref="DatasetRules.MostInBatch"/> items.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; invalid_input; conflict.</exception>
    public Task<DatasetRunStatus> AddItemsAsync(ImmutableArray<DatasetItem> items, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.AddItems(items), cancellationToken);

    /// <summary>All that is known of the run but its items.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status; null if there is no such run.</returns>
    public Task<DatasetRunStatus?> FindStatusAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.GetStatus(), cancellationToken);

    /// <summary>A page of items, by number.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    /// <exception cref="OneShotException">not_found; invalid_input.</exception>
    public Task<DatasetItemPage> ListItemsPageAsync(DatasetItemQuery query, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.ListItems(query), cancellationToken);

    /// <summary>Starts nothing more and cancels the jobs that run.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public Task<DatasetRunStatus> CancelAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.Cancel(), cancellationToken);

    /// <summary>Goes on with what was cancelled or waits.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public Task<DatasetRunStatus> ResumeAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.Resume(), cancellationToken);

    /// <summary>Runs the items again that have failed and have a request.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The run afterwards.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it was cancelled, and is to be resumed first.</exception>
    public Task<DatasetRunStatus> RetryAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.Retry(), cancellationToken);

    /// <summary>Forgets a run at rest.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="OneShotException">conflict: it is not at rest.</exception>
    public Task<bool> DeleteAsync(CancellationToken cancellationToken = default) => _client.CallAsync(async _ => await _grain.Delete(), cancellationToken);

    /// <summary>Has an unfinished run go on, after a restart for example.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>True if it is one that goes on.</returns>
    public Task<bool> EnsureRunningAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _grain.EnsureRunning(), cancellationToken);

    /// <summary>The status each time that it has changed, until the run is at rest; the one of now first unless it is known.</summary>
    /// <param name="after">The version that is known; 0: none is.</param>
    /// <param name="cancellationToken">Ends the stream.</param>
    /// <returns>Statuses of growing versions.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public async IAsyncEnumerable<DatasetRunStatus> WatchAsync(long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (true)
        {
            DatasetRunStatus? last = null;
            await using var stream = _grain.Watch(after, cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await TryMoveAsync(stream))
            {
                (last, after) = (stream.Current, stream.Current.Version);
                yield return last;
            }

            // The stream of a run that goes on ends when its silo goes.
            last ??= await FindStatusAsync(cancellationToken) ?? throw NotFound();
            if (last.State.IsAtRest() && last.Version <= after)
            {
                yield break;
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    private static async Task<bool> TryMoveAsync(IAsyncEnumerator<DatasetRunStatus> stream)
    {
        try
        {
            return await stream.MoveNextAsync();
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e))
        {
            // Asked for again, by a call that says why if it can't be.
            return false;
        }
    }

    private static OneShotException NotFound() => new(new ErrorDetail(ErrorCodes.NotFound, "There is no such dataset run.", "id"));
}
