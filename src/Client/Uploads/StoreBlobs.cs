using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Uploads;

/// <summary>Blobs in an artifact store.</summary>
/// <param name="store">The store.</param>
/// <param name="pathOf">Where the blob of a hash lies.</param>
internal sealed class StoreBlobs(IArtifactStore store, Func<string, string> pathOf) : IBlobTarget
{
    /// <inheritdoc/>
    /// <remarks>They are read for that: neither their name nor what the store remembers of them tells whether they are still the right ones.</remarks>
    public Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default) =>
        store.HoldsAsync(new ArtifactInfo(pathOf(sha256), bytes, sha256), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) => store.TouchAsync(pathOf(sha256), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default) =>
        store.TryWriteHashedAsync(pathOf(sha256), sha256, content, cancellationToken);
}
