using System.Security.Cryptography;

namespace OrleansOneShot.Storage;

/// <summary>What every store can do.</summary>
public static class ArtifactStoreExtensions
{
    /// <summary>Longest file that is read into memory where the caller names no other bound: 256 MiB.</summary>
    public const long MostBytes = 256L << 20;

    /// <summary>
    /// Stores an input under the hash of its bytes. One that is there already is not written again, but marked as used; its bytes are read for that, since
    /// neither its name nor what the store remembers of it tells whether they are still the right ones.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>SHA-256 of the bytes, which names the input.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public static async Task<string> WriteBlobAsync(this IArtifactStore store, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var hash = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        var path = StorePaths.Blob(hash);
        if (await store.HoldsAsync(new ArtifactInfo(path, content.Length, hash), cancellationToken) && await store.TouchAsync(path, cancellationToken))
        {
            return hash;
        }
        using var stream = new MemoryStream(content.ToArray(), writable: false);
        await store.TryWriteHashedAsync(path, hash, stream, cancellationToken);
        return hash;
    }

    /// <summary>Writes a file whose name tells its hash. What is there but has other bytes is damaged, and is replaced.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">Path in the store.</param>
    /// <param name="sha256">SHA-256 that the bytes must have.</param>
    /// <param name="content">The bytes, from the stream's position on.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    /// <returns>False if the stream held other bytes: nothing is left of them.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public static async Task<bool> TryWriteHashedAsync(
        this IArtifactStore store,
        string path,
        string sha256,
        Stream content,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            var isThere = await store.GetInfoAsync(path, cancellationToken) is not null;
            var written = await store.WriteAsync(path, content, isThere ? WriteCondition.Any : WriteCondition.MustNotExist, cancellationToken);
            if (written.Sha256 == sha256)
            {
                return true;
            }

            await store.DeleteAsync(path, CancellationToken.None);
            return false;
        }
        catch (ArtifactExistsException)
        {
            // Somebody else has written the same bytes.
            return true;
        }
    }

    /// <summary>Opens a file for reading and compares what is read with what was expected.</summary>
    /// <param name="store">The store.</param>
    /// <param name="expected">Path, length and hash, such as a manifest's.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>
    /// The bytes, forwards only; the caller disposes of it. The read that finds the end throws <see cref="ArtifactCorruptException"/> if length or hash differ,
    /// so bytes count only once the end was read.
    /// </returns>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<Stream> OpenReadAsync(this IArtifactStore store, ArtifactInfo expected, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(expected);
        return new VerifyingReadStream(await store.OpenReadAsync(expected.Path, cancellationToken), expected);
    }

    /// <summary>Reads a file to see whether its bytes are the right ones.</summary>
    /// <param name="store">The store.</param>
    /// <param name="expected">Path, length and hash.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if there is no such file, or one of other bytes.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<bool> HoldsAsync(this IArtifactStore store, ArtifactInfo expected, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var stream = await store.OpenReadAsync(expected, cancellationToken);
            await stream.CopyToAsync(Stream.Null, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is FileNotFoundException or ArtifactCorruptException or ArtifactChangedException)
        {
            return false;
        }
    }

    /// <summary>
    /// Writes, reads and deletes a small file: what a silo does at its start, so that a wrong key or a read-only store shows then and not at the first
    /// checkpoint.
    /// </summary>
    /// <param name="store">The store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When known to work.</returns>
    /// <exception cref="IOException">It does not; the message says why.</exception>
    public static async Task CheckWritableAsync(this IArtifactStore store, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        var path = StorePaths.Check();
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

    /// <summary>Reads a whole file that has no known hash, up to <see cref="MostBytes"/>.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; null if there is no such file.</returns>
    /// <exception cref="ArtifactTooLargeException">It is longer.</exception>
    public static Task<byte[]?> ReadAllBytesAsync(this IArtifactStore store, string path, CancellationToken cancellationToken = default) =>
        store.ReadAllBytesAsync(path, MostBytes, cancellationToken);

    /// <summary>Reads a whole file that has no known hash.</summary>
    /// <param name="store">The store.</param>
    /// <param name="path">Path in the store.</param>
    /// <param name="mostBytes">Longest length that is read, in bytes; looked at before any memory is taken.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; null if there is no such file.</returns>
    /// <exception cref="ArtifactTooLargeException">It is longer.</exception>
    public static async Task<byte[]?> ReadAllBytesAsync(this IArtifactStore store, string path, long mostBytes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        try
        {
            await using var stream = await store.OpenReadAsync(path, cancellationToken);
            // A log may grow while it is read: what comes after its present end is not waited for.
            var length = stream.Length;
            if (length > mostBytes)
            {
                throw new ArtifactTooLargeException(path, length, mostBytes);
            }
            var bytes = new byte[length];
            var read = await stream.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return read == bytes.Length ? bytes : bytes[..read];
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
