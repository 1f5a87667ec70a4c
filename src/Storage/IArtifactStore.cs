using System.Runtime.CompilerServices;

namespace OrleansOneShot.Storage;

/// <summary>
/// Where inputs, checkpoints and results live. Paths are relative, with '/', made of the letters, digits and <c>-_.</c>; segments '.' and '..' are refused, so
/// no path leaves the store. Writes are atomic: a reader sees the whole file or none.
/// </summary>
public interface IArtifactStore
{
    /// <summary>Name of the kind of store, for metrics and messages: "files" or "azure".</summary>
    string Kind { get; }

    /// <summary>Writes a file, replacing what is there unless told otherwise.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="content">The bytes, from the stream's position on.</param>
    /// <param name="condition">Whether the file may exist already.</param>
    /// <param name="cancellationToken">Stops; nothing is left.</param>
    /// <returns>What was written.</returns>
    /// <exception cref="ArtifactExistsException">It exists and the condition forbids that.</exception>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    Task<ArtifactInfo> WriteAsync(string path, Stream content, WriteCondition condition = WriteCondition.Any, CancellationToken cancellationToken = default);

    /// <summary>
    /// Appends to a file, which is created when the expected length is 0. Durable when it returns; after a crash part of the last append may be there.
    /// </summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="expectedLength">Length in bytes that the file must have now; a second writer of the same log fails here.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The new length in bytes.</returns>
    /// <exception cref="ArtifactChangedException">The file has another length.</exception>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default);

    /// <summary>Opens a file for reading. Who reads while it is replaced gets the old bytes to their end or an error, never a mixture.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The bytes; the caller disposes of it.</returns>
    /// <exception cref="FileNotFoundException">No such file.</exception>
    /// <exception cref="IOException">The store is out of reach, now or in the middle of reading.</exception>
    /// <exception cref="ArtifactChangedException">While reading: it was replaced, and the old bytes are gone.</exception>
    Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>What is known of a file.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Length and hash; null if there is no such file.</returns>
    Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>All files below a prefix, in the order of their paths.</summary>
    /// <param name="prefix">Start of the paths, such as <c>jobs/1/</c>; empty for all.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Files.</returns>
    IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken = default);

    /// <summary>The folders right below another one that hold files, at any depth.</summary>
    /// <param name="folder">The prefix of the folder, with '/' at the end, such as <c>jobs/</c>.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Their names without '/', each once, in no order.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string? last = null;
        await foreach (var file in ListAsync(folder, cancellationToken))
        {
            var slash = file.Path.IndexOf('/', folder.Length);
            if (slash < 0 || file.Path[folder.Length..slash] is var name && name == last)
            {
                continue;
            }
            last = name;
            yield return name;
        }
    }

    /// <summary>All files below a prefix, without their hashes, which a store of files would have to read them for.</summary>
    /// <param name="prefix">Start of the paths.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Files, in no order. A store that does not know when files were used gives none: nothing of it may be cleaned up.</returns>
    IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, CancellationToken cancellationToken = default) => AsyncEnumerable.Empty<StoredFile>();

    /// <summary>Marks a file as used now.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if there is no such file, or the store can't: it is to be written again.</returns>
    Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default) => Task.FromResult(false);

    /// <summary>Deletes a file unless it was used since; of a touch and this, one wins.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="since">When, UTC.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Whether it was deleted.</returns>
    Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken = default) => Task.FromResult(false);

    /// <summary>
    /// Shows a folder's files under a second folder, all at once, for people who look into a store of files; costs no room where the file system has hard
    /// links. Stores without folders do nothing, and so does every store if the second folder is there already.
    /// </summary>
    /// <param name="folder">The prefix of the files, with '/' at the end.</param>
    /// <param name="view">The prefix to show them under, with '/' at the end.</param>
    /// <param name="cancellationToken">Stops; nothing is shown.</param>
    /// <returns>When shown.</returns>
    /// <exception cref="IOException">The store is full or read-only.</exception>
    Task ShowAsync(string folder, string view, CancellationToken cancellationToken = default) => Task.CompletedTask;

    /// <summary>Deletes a file; one that is not there is fine.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When gone.</returns>
    Task DeleteAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Deletes all files below a prefix.</summary>
    /// <param name="prefix">Start of the paths, such as <c>jobs/1/</c>; not empty.</param>
    /// <param name="cancellationToken">Stops; some may be gone.</param>
    /// <returns>How many there were.</returns>
    /// <exception cref="IOException">The store is read-only or out of reach; some may be gone.</exception>
    async Task<int> DeletePrefixAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        var paths = new List<string>();
        await foreach (var file in ListAsync(prefix, cancellationToken))
        {
            paths.Add(file.Path);
        }
        foreach (var path in paths)
        {
            await DeleteAsync(path, cancellationToken);
        }
        return paths.Count;
    }
}

/// <summary>A file of the store.</summary>
/// <param name="Path">Path in the store.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, lower-case hexadecimal.</param>
public sealed record ArtifactInfo(string Path, long Bytes, string Sha256);

/// <summary>A file as a listing for clean-up shows it, without reading it.</summary>
/// <param name="Path">Path in the store.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="LastUsed">When it was last written or touched, UTC.</param>
public sealed record StoredFile(string Path, long Bytes, DateTimeOffset LastUsed);

/// <summary>What must hold for a write to happen.</summary>
public enum WriteCondition
{
    /// <summary>Nothing: an existing file is replaced.</summary>
    Any = 0,

    /// <summary>The file must not exist yet.</summary>
    MustNotExist = 1,
}
