using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using OrleansOneShot.Common;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Storage.Systems;

namespace OrleansOneShot.Storage.Files;

/// <summary>
/// A store in a folder. A file is written beside its place under a name that no path can have, flushed to the disk, and moved: by a rename where it may
/// replace, by a hard link where it must not exist (so exactly one of several writers wins, also between processes).
/// </summary>
public sealed partial class FileArtifactStore : IArtifactStore
{
    private const int BufferSize = 128 * 1024;
    private const char TemporaryMark = '~';

    private readonly string _root;
    private readonly Func<string, Stream> _create;
    private readonly AppendLock _appending;
    private readonly Durability _durability;
    private readonly DurableDirectory _folders;

    // Hashes of files as last seen, so that listing a folder twice reads it once. A changed file has another length or time.
    private readonly ConcurrentDictionary<string, (long Bytes, DateTime Written, string Sha256)> _hashes = new(StringComparer.Ordinal);

    /// <summary>Opens a store; the folder is created.</summary>
    /// <param name="root">The folder.</param>
    /// <exception cref="ArtifactStoreException">It can't be created: no permission.</exception>
    public FileArtifactStore(string root)
        : this(root, path => new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous)) { }

    /// <summary>Opens a store whose temporary files come from elsewhere, such as a disk that is full.</summary>
    /// <param name="root">The folder.</param>
    /// <param name="create">Creates a temporary file.</param>
    /// <param name="durability">Flushes; null for the operating system.</param>
    internal FileArtifactStore(string root, Func<string, Stream> create, Durability? durability = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(root);
        _root = Path.GetFullPath(root);
        _create = create;
        _durability = durability ?? Durability.System;
        _folders = new DurableDirectory(_durability);
        _appending = new AppendLock(_root, TemporaryMark);
        try
        {
            Directory.CreateDirectory(_root);
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e))
        {
            throw ReadOnlyFolder.Explain(e, _root, "be created");
        }
    }

    /// <inheritdoc/>
    public string Kind => "files";

    /// <inheritdoc/>
    public async Task<ArtifactInfo> WriteAsync(
        string path,
        Stream content,
        WriteCondition condition = WriteCondition.Any,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(content);
        var target = Resolve(path);
        if (condition == WriteCondition.MustNotExist && File.Exists(target))
        {
            throw new ArtifactExistsException(path);
        }
        var temporary = $"{target}{TemporaryMark}{Guid.NewGuid():N}";
        try
        {
            var (bytes, hash) = await CopyAsync(content, temporary, cancellationToken);
            // The kernel's own times are as coarse as its timer: two writers of as many bytes could give one time to two contents, of which the hashes then
            // could not be told apart.
            File.SetLastWriteTimeUtc(temporary, DateTime.UtcNow);
            var written = LinkedFile.Of(temporary).WrittenUtc;
            Move(path, temporary, target, condition);
            _durability.FlushFolder(Path.GetDirectoryName(target)!);
            Remember(path, bytes, written, hash);
            return new ArtifactInfo(path, bytes, hash);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Explain(e, _root, path);
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e) && !Directory.Exists(target))
        {
            throw ReadOnlyFolder.Explain(e, _root, $"write {path}");
        }
        finally
        {
            DeleteQuietly(temporary);
        }
    }

    /// <inheritdoc/>
    public async Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedLength);
        var target = Resolve(path);
        try
        {
            return await _appending.RunAsync(path, () => AppendLockedAsync(path, target, content, expectedLength, cancellationToken), cancellationToken);
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Explain(e, _root, path);
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e) && !Directory.Exists(target))
        {
            throw ReadOnlyFolder.Explain(e, _root, $"append to {path}");
        }
    }

    /// <inheritdoc/>
    public Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return Task.FromResult<Stream>(OpenRead(Resolve(path)));
        }
        catch (Exception e)
            when (e is DirectoryNotFoundException or FileNotFoundException || (e is UnauthorizedAccessException && Directory.Exists(Resolve(path))))
        {
            return Task.FromException<Stream>(new FileNotFoundException($"The store has no file {path}.", path, e));
        }
    }

    /// <inheritdoc/>
    public async Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        var target = Resolve(path);
        if (LinkedFile.Find(target) is not { } file)
        {
            return null;
        }
        if (_hashes.TryGetValue(path, out var known) && known.Bytes == file.Length && known.Written == file.WrittenUtc)
        {
            return new ArtifactInfo(path, known.Bytes, known.Sha256);
        }
        try
        {
            await using var stream = OpenRead(target);
            var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
            var bytes = stream.Position;
            if (bytes == file.Length)
            {
                Remember(path, bytes, file.WrittenUtc, hash);
            }
            return new ArtifactInfo(path, bytes, hash);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null; // deleted meanwhile
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // Only the folder part is looked up; what follows the last '/' filters names.
        var slash = ArtifactPath.RequirePrefix(prefix).LastIndexOf('/');
        var folder = slash < 0 ? _root : Resolve(prefix[..slash]);
        if (!Directory.Exists(folder))
        {
            yield break;
        }
        var paths = Directory
            .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_root, file).Replace(Path.DirectorySeparatorChar, '/'))
            .Where(path => !path.Contains(TemporaryMark, StringComparison.Ordinal))
            .Where(path => path.StartsWith(prefix, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)
            .ToList();
        foreach (var path in paths)
        {
            if (await GetInfoAsync(path, cancellationToken) is { } info)
            {
                yield return info;
            }
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = Resolve(path);
        _hashes.TryRemove(path, out _);
        try
        {
            File.Delete(target);
            RemoveEmptyFolders(Path.GetDirectoryName(target)!);
        }
        catch (DirectoryNotFoundException)
        {
            // Its folder is not there either.
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e) && !Directory.Exists(target))
        {
            throw ReadOnlyFolder.Explain(e, _root, $"delete {path}");
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task ShowAsync(string folder, string view, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var (source, target) = (Resolve(folder.TrimEnd('/')), Resolve(view.TrimEnd('/')));
        if (Directory.Exists(target) || !Directory.Exists(source))
        {
            return Task.CompletedTask;
        }
        // Beside its place under a name that no path can have, then moved: who looks sees all files or none.
        var temporary = $"{target}{TemporaryMark}{Guid.NewGuid():N}";
        try
        {
            foreach (
                var file in Directory
                    .EnumerateFiles(source, "*", SearchOption.AllDirectories)
                    .Where(file => !file.Contains(TemporaryMark, StringComparison.Ordinal))
            )
            {
                _folders.InFolder(Path.Combine(temporary, Path.GetRelativePath(source, file)), name => Link(file, name));
            }

            Directory.Move(temporary, target);
            _durability.FlushFolder(Path.GetDirectoryName(target)!);
        }
        catch (IOException) when (Directory.Exists(target))
        {
            // Somebody else was faster.
        }
        catch (IOException e) when (DiskFull.Is(e))
        {
            throw DiskFull.Explain(e, _root, view);
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e))
        {
            throw ReadOnlyFolder.Explain(e, _root, $"write {view}");
        }
        finally
        {
            if (Directory.Exists(temporary))
            {
                Directory.Delete(temporary, recursive: true);
            }
        }

        return Task.CompletedTask;
    }

    private static bool Link(string file, string name)
    {
        if (StorageSystem.Current.TryLink(file, name) is true)
        {
            return true;
        }
        File.Copy(file, name);
        return false;
    }

    private async Task<long> AppendLockedAsync(
        string path,
        string target,
        ReadOnlyMemory<byte> content,
        long expectedLength,
        CancellationToken cancellationToken
    )
    {
        if (expectedLength > 0 && !File.Exists(target))
        {
            throw new ArtifactChangedException(path, expectedLength, 0);
        }
        var mode = expectedLength == 0 ? FileMode.OpenOrCreate : FileMode.Open;
        await using var file = _folders.InFolder(target, name => new FileStream(name, mode, FileAccess.Write, FileShare.Read, 0, FileOptions.Asynchronous));
        if (file.Length != expectedLength)
        {
            throw new ArtifactChangedException(path, expectedLength, file.Length);
        }
        file.Position = expectedLength;
        try
        {
            await file.WriteAsync(content, cancellationToken);
            _durability.FlushFile(file);
        }
        catch
        {
            file.SetLength(expectedLength);
            throw;
        }

        if (expectedLength == 0)
        {
            _durability.FlushFolder(Path.GetDirectoryName(target)!);
        }
        return expectedLength + content.Length;
    }

    private async Task<(long Bytes, string Sha256)> CopyAsync(Stream content, string temporary, CancellationToken cancellationToken)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferSize];
        long bytes = 0;
        await using var file = _folders.InFolder(temporary, _create);
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            bytes += read;
        }

        await file.FlushAsync(cancellationToken);
        if (file is FileStream onDisk)
        {
            _durability.FlushFile(onDisk);
        }
        return (bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static void Move(string path, string temporary, string target, WriteCondition condition)
    {
        if (condition == WriteCondition.Any)
        {
            FileReplacement.Move(temporary, target);
            return;
        }

        switch (StorageSystem.Current.TryLink(temporary, target))
        {
            case true:
                return; // the temporary name goes with the end of the write
            case false:
                throw new ArtifactExistsException(path);
            default:
                MoveNew(path, temporary, target);
                return;
        }
    }

    // File systems without hard links, such as FAT: all that is left. On Windows it is one step.
    private static void MoveNew(string path, string temporary, string target)
    {
        try
        {
            File.Move(temporary, target, overwrite: false);
        }
        catch (IOException e) when (!DiskFull.Is(e) && File.Exists(target))
        {
            throw new ArtifactExistsException(path);
        }
    }

    private static FileStream OpenRead(string file) =>
        new(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, BufferSize, FileOptions.Asynchronous);

    private static void DeleteQuietly(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What matters was thrown already; a leftover has a name that no listing shows.
        }
    }

    private string Resolve(string path)
    {
        foreach (var part in ArtifactPath.Require(path).AsSpan().Split('/'))
        {
            if (!StorageSystem.Current.CanName(path.AsSpan(part)))
            {
                throw new ArgumentException(
                    $"'{Wording.Cut(path, 100)}' is no path on this system: {path[part]} is the name of a device. Choose another name.",
                    nameof(path)
                );
            }
        }

        return Path.Combine(_root, path.Replace('/', Path.DirectorySeparatorChar));
    }
}
