using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Tests.Support;

/// <summary>A store that notes what is written.</summary>
internal sealed class RecordingStore(IArtifactStore inner) : IArtifactStore
{
    /// <summary>Paths, in order.</summary>
    public List<string> Writes { get; } = [];

    /// <summary>What the store notes of a path, whatever its bytes are now; null has it look.</summary>
    public Func<string, ArtifactInfo?> Remembers { get; set; } = _ => null;

    public string Kind => inner.Kind;

    public Task<ArtifactInfo> WriteAsync(
        string path,
        Stream content,
        WriteCondition condition = WriteCondition.Any,
        CancellationToken cancellationToken = default
    )
    {
        Writes.Add(path);
        return inner.WriteAsync(path, content, condition, cancellationToken);
    }

    public Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default) =>
        Remembers(path) is { } noted ? Task.FromResult<ArtifactInfo?>(noted) : inner.GetInfoAsync(path, cancellationToken);

    public Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default) =>
        inner.AppendAsync(path, content, expectedLength, cancellationToken);

    public Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default) => inner.OpenReadAsync(path, cancellationToken);

    public IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    public Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default) => inner.TouchAsync(path, cancellationToken);

    public Task DeleteAsync(string path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);
}
