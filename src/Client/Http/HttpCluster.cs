using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Client.Http;

/// <summary>The cluster of a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpCluster(HttpCalls calls) : IOneShotCluster
{
    /// <inheritdoc/>
    public Task<SiloListDocument> GetSilosAsync(CancellationToken cancellationToken = default) => AskAsync<SiloListDocument>("silos", cancellationToken);

    /// <inheritdoc/>
    public Task<SlotListDocument> GetSlotsAsync(CancellationToken cancellationToken = default) => AskAsync<SlotListDocument>("slots", cancellationToken);

    /// <inheritdoc/>
    public Task<QueueDocument> GetQueueAsync(CancellationToken cancellationToken = default) => AskAsync<QueueDocument>("queue", cancellationToken);

    private Task<T> AskAsync<T>(string what, CancellationToken cancellationToken) =>
        calls.CallAsync<T>(() => HttpCalls.Get($"v1/cluster/{what}"), cancellationToken);
}
