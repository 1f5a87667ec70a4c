using System.Runtime.CompilerServices;
using OrleansOneShot.Common;

namespace OrleansOneShot.Storage.Files;

/// <summary>When files were used: the time of their last write; and what is remembered of them.</summary>
public sealed partial class FileArtifactStore
{
    // Of small files so many are remembered; to hash one of them again costs less than a hundred thousand paths in memory. Models' files are few.
    private const int MostHashes = 8192;
    private const long SmallBytes = 1 << 20;

    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var slash = ArtifactPath.RequirePrefix(prefix).LastIndexOf('/');
        var folder = new DirectoryInfo(slash < 0 ? _root : Resolve(prefix[..slash]));
        if (!folder.Exists)
        {
            yield break;
        }
        await Task.Yield();
        foreach (var file in folder.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (
                path.StartsWith(prefix, StringComparison.Ordinal)
                && !path.Contains(TemporaryMark, StringComparison.Ordinal)
                && Describe(path, file.FullName) is { } known
            )
            {
                yield return known;
            }
        }
    }

    /// <inheritdoc/>
    public Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            File.SetLastWriteTimeUtc(Resolve(path), DateTime.UtcNow);
            return Task.FromResult(true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Task.FromResult(false);
        }
    }

    /// <inheritdoc/>
    public Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var target = Resolve(path);
        if (!(LinkedFile.Find(target)?.WrittenUtc < since.UtcDateTime))
        {
            return Task.FromResult(false);
        }
        // Moved away first: a touch now finds no file, and one that came just before shows in the time.
        var aside = $"{target}{TemporaryMark}{Guid.NewGuid():N}";
        try
        {
            File.Move(target, aside);
            if (LinkedFile.Of(aside).WrittenUtc >= since.UtcDateTime)
            {
                File.Move(aside, target, overwrite: true);
                return Task.FromResult(false);
            }

            _hashes.TryRemove(path, out _);
            File.Delete(aside);
            RemoveEmptyFolders(Path.GetDirectoryName(target)!);
            return Task.FromResult(true);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult(false);
        }
        catch (Exception e) when (ReadOnlyFolder.Is(e))
        {
            throw ReadOnlyFolder.Explain(e, _root, $"delete {path}");
        }
    }

    // Null: deleted meanwhile.
    private static StoredFile? Describe(string path, string file) =>
        LinkedFile.Find(file) is { } known ? new StoredFile(path, known.Length, new DateTimeOffset(known.WrittenUtc, TimeSpan.Zero)) : null;

    private void Remember(string path, long bytes, DateTime written, string hash)
    {
        if (_hashes.Count >= MostHashes)
        {
            foreach (var (known, _) in _hashes.Where(one => one.Value.Bytes < SmallBytes))
            {
                _hashes.TryRemove(known, out var _);
            }
        }

        _hashes[path] = (bytes, written, hash);
    }
}
