namespace OrleansOneShot.Storage;

/// <summary>
/// Reads what has a known hash, and only that: whoever is given this can't open bytes that are not those which were stored. It is all of a store that an engine
/// gets.
/// </summary>
public interface IArtifactReader
{
    /// <summary>Reads an input, which is named by its hash.</summary>
    /// <param name="sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
    /// <param name="mostBytes">Longest length that is read, in bytes; looked at before any memory is taken.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="FileNotFoundException">The store has no such input.</exception>
    /// <exception cref="ArtifactCorruptException">Its bytes are others.</exception>
    /// <exception cref="ArtifactTooLargeException">It is longer.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    Task<byte[]> ReadInputAsync(string sha256, long mostBytes, CancellationToken cancellationToken = default);

    /// <summary>Copies a file whose length and hash are known. What was copied counts only if the call returns.</summary>
    /// <param name="expected">Path, length and hash.</param>
    /// <param name="target">Takes the bytes, <see cref="ArtifactInfo.Bytes"/> at most.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When copied, and found right.</returns>
    /// <exception cref="FileNotFoundException">The store has no such file.</exception>
    /// <exception cref="ArtifactCorruptException">Its bytes are others.</exception>
    /// <exception cref="ArtifactChangedException">It was replaced while it was read.</exception>
    /// <exception cref="IOException">The store is out of reach, or the target takes no more.</exception>
    Task CopyAsync(ArtifactInfo expected, Stream target, CancellationToken cancellationToken = default);
}
