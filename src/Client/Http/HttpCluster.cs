using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Client.Http;

/// <summary>The cluster of a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpCluster(HttpCalls calls) : IOneShotCluster
{
    private const string Drain = "v1/cluster/drain";

    /// <inheritdoc/>
    public Task<SiloListDocument> GetSilosAsync(CancellationToken cancellationToken = default) => AskAsync<SiloListDocument>("silos", cancellationToken);

    /// <inheritdoc/>
    public Task<SlotListDocument> GetSlotsAsync(CancellationToken cancellationToken = default) => AskAsync<SlotListDocument>("slots", cancellationToken);

    /// <inheritdoc/>
    public Task<QueueDocument> GetQueueAsync(CancellationToken cancellationToken = default) => AskAsync<QueueDocument>("queue", cancellationToken);

    /// <inheritdoc/>
    public Task<DrainDocument> GetDrainAsync(CancellationToken cancellationToken = default) =>
        // Not repeated: that the server is gone is an answer as well, and whoever watches asks again.
        calls.CallAsync<DrainDocument>(() => HttpCalls.Get(Drain), cancellationToken, repeats: false);

    /// <inheritdoc/>
    public Task<DrainDocument> DrainAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync<DrainDocument>(() => new HttpRequestMessage(HttpMethod.Put, Drain), cancellationToken);

    /// <inheritdoc/>
    public Task<DrainDocument> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        calls.CallAsync<DrainDocument>(() => HttpCalls.Post($"v1/cluster/silos/{Uri.EscapeDataString(silo)}/drain"), cancellationToken);

    /// <inheritdoc/>
    public Task<DrainDocument> ResumeAsync(CancellationToken cancellationToken = default) =>
        calls.CallAsync<DrainDocument>(() => new HttpRequestMessage(HttpMethod.Delete, Drain), cancellationToken);

    private Task<T> AskAsync<T>(string what, CancellationToken cancellationToken) =>
        calls.CallAsync<T>(() => HttpCalls.Get($"v1/cluster/{what}"), cancellationToken);
}
