using System.Security.Cryptography;

namespace OrleansOneShot.Storage;

/// <summary>What every store can do.</summary>
public static class ArtifactStoreExtensions
{
    /// <summary>Stores an input under the hash of its bytes; one that is there already is not written again, but marked as used.</summary>
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
        if (await store.GetInfoAsync(path, cancellationToken) is { } there && there.Sha256 == hash && await store.TouchAsync(path, cancellationToken))
            return hash;
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await store.WriteAsync(path, stream, WriteCondition.Any, cancellationToken);
        return hash;
    }

    /// <summary>Opens a file for reading and compares what is read with what was expected.</summary>
    /// <param name="store">The store.</param>
    /// <param name="expected">Path, length and hash, such as a manifest's.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>
    /// The bytes, forwards only; the caller disposes of it. The read that finds the end throws <see cref="ArtifactCorruptException"/> if length or hash differ, so bytes count only once
    /// the end was read.
    /// </returns>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<Stream> OpenReadAsync(this IArtifactStore store, ArtifactInfo expected, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(expected);
        return new VerifyingReadStream(await store.OpenReadAsync(expected.Path, cancellationToken), expected);
    }

    /// <summary>Writes, reads and deletes a small file: what a silo does at its start, so that a wrong key or a read-only store shows then and not at the first checkpoint.</summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When known to work.</returns>
    /// <exception cref="IOException">It does not; the message says why.</exception>
    public static async Task CheckWritableAsync(this IArtifactStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var path = $"checks/{Guid.NewGuid():N}";
        using var content = new MemoryStream("writable"u8.ToArray(), writable: false);
        var written = await store.WriteAsync(path, content, WriteCondition.MustNotExist, cancellationToken);
        try
        {
            await using var stream = await store.OpenReadAsync(written, cancellationToken);
            await stream.CopyToAsync(Stream.Null, cancellationToken);
        }
        finally
        {
            await store.DeleteAsync(path, CancellationToken.None);
        }
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

    /// <summary>Reads a whole file that must not be large.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">Path in the store.</param>
    /// <param name="maxBytes">Most bytes that it may have.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; null if there is no such file.</returns>
    /// <exception cref="InvalidDataException">It has more.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<byte[]?> ReadAtMostAsync(this IArtifactStore store, string path, int maxBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            await using var stream = await store.OpenReadAsync(path, cancellationToken);
            using var buffer = new MemoryStream();
            var part = new byte[1 << 16];
            int read;
            while ((read = await stream.ReadAsync(part, cancellationToken)) > 0)
            {
                if (buffer.Length + read > maxBytes)
                    throw new InvalidDataException($"{path} has more than {maxBytes} bytes, which is no size for such a file.");
                buffer.Write(part, 0, read);
            }

            return buffer.ToArray();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
