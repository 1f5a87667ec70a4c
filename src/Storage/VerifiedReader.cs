namespace OrleansOneShot.Storage;

/// <summary>Reads a store's files against their hashes.</summary>
/// <param name="store">The store.</param>
public sealed class VerifiedReader(IArtifactStore store) : IArtifactReader
{
    /// <summary>Compares what is read with what was expected.</summary>
    /// <param name="content">The bytes from their start, wherever they come from; disposed of with the result.</param>
    /// <param name="expected">Path, length and hash.</param>
    /// <returns>
    /// The bytes, forwards only. The read that finds the end throws <see cref="ArtifactCorruptException"/> if length or hash differ, so bytes count only once
    /// the end was read.
    /// </returns>
    public static Stream Verify(Stream content, ArtifactInfo expected) => new VerifyingReadStream(content, expected);

    /// <inheritdoc/>
    public async Task<byte[]> ReadInputAsync(string sha256, long mostBytes, CancellationToken cancellationToken = default)
    {
        var path = StorePaths.Blob(sha256);
        var content = await store.OpenReadAsync(path, cancellationToken);
        await using (content.ConfigureAwait(false))
        {
            var length = content.Length;
            if (length > mostBytes)
            {
                throw new ArtifactTooLargeException(path, length, mostBytes);
            }
            await using var verified = new VerifyingReadStream(content, new ArtifactInfo(path, length, sha256));
            var bytes = new byte[length];
            await verified.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            // The read that finds the end compares.
            _ = await verified.ReadAsync(new byte[1], cancellationToken);
            return bytes;
        }
    }

    /// <inheritdoc/>
    public async Task CopyAsync(ArtifactInfo expected, Stream target, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expected);
        ArgumentNullException.ThrowIfNull(target);
        await using var content = await store.OpenReadAsync(expected, cancellationToken);
        await content.CopyToAsync(target, cancellationToken);
    }
}
