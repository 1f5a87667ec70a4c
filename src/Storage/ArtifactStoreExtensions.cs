using System.Security.Cryptography;

namespace OrleansOneShot.Storage;

/// <summary>What every store can do.</summary>
public static class ArtifactStoreExtensions
{
    /// <summary>Stores an input under the hash of its bytes; one that is there already is not written again.</summary>
    /// <param name="store">The store.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>SHA-256 of the bytes, which names the input.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public static async Task<string> WriteBlobAsync(this IArtifactStore store, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var path = BlobPaths.Blob(hash);
        if (await store.GetInfoAsync(path, cancellationToken) is { } there && there.Sha256 == hash)
            return hash;
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await store.WriteAsync(path, stream, WriteCondition.Any, cancellationToken);
        return hash;
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; null if there is no such file.</returns>
    public static async Task<byte[]?> ReadAllBytesAsync(this IArtifactStore store, string path, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            await using var stream = await store.OpenReadAsync(path, cancellationToken);
            using var buffer = new MemoryStream();
            await stream.CopyToAsync(buffer, cancellationToken);
            return buffer.ToArray();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
