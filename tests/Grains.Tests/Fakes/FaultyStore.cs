using System.Runtime.CompilerServices;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>A store that runs a test's hook before each write, which may wait or throw.</summary>
internal sealed class FaultyStore(IArtifactStore inner) : IArtifactStore
{
    public Func<string, Task>? BeforeWrite { get; set; }

    public Func<string, Task>? AfterWrite { get; set; }

    public Func<string, Task>? BeforeAppend { get; set; }

    public Func<string, Task>? BeforeGetInfo { get; set; }

    public Func<string, Task>? BeforeOpenRead { get; set; }

    public Func<string, Task>? BeforeDeleteUnused { get; set; }

    public Func<string, Task>? BeforeListFolders { get; set; }

    public string Kind => inner.Kind;

    public async Task<ArtifactInfo> WriteAsync(
        string path,
        Stream content,
        WriteCondition condition = WriteCondition.Any,
        CancellationToken cancellationToken = default
    )
    {
        if (BeforeWrite is { } before)
        {
            await before(path);
        }
        var info = await inner.WriteAsync(path, content, condition, cancellationToken);
        if (AfterWrite is { } after)
        {
            await after(path);
        }
        return info;
    }

    public async Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default)
    {
        if (BeforeAppend is { } before)
        {
            await before(path);
        }
        return await inner.AppendAsync(path, content, expectedLength, cancellationToken);
    }

    public async Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default)
    {
        if (BeforeOpenRead is { } before)
        {
            await before(path);
        }
        return await inner.OpenReadAsync(path, cancellationToken);
    }

    public async Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        if (BeforeGetInfo is { } before)
        {
            await before(path);
        }
        return await inner.GetInfoAsync(path, cancellationToken);
    }

    public IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (BeforeListFolders is { } before)
        {
            await before(folder);
        }
        await foreach (var name in inner.ListFoldersAsync(folder, cancellationToken))
        {
            yield return name;
        }
    }

    public IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, CancellationToken cancellationToken = default) =>
        inner.ListUsesAsync(prefix, cancellationToken);

    public Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default) => inner.TouchAsync(path, cancellationToken);

    public async Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken = default)
    {
        if (BeforeDeleteUnused is { } before)
        {
            await before(path);
        }
        return await inner.DeleteUnusedAsync(path, since, cancellationToken);
    }

    public Task ShowAsync(string folder, string view, CancellationToken cancellationToken = default) => inner.ShowAsync(folder, view, cancellationToken);

    public Task DeleteAsync(string path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);
}
