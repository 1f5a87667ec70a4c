using System.Collections.Concurrent;
using OrleansOneShot.Common;
using OrleansOneShot.Storage;

namespace OrleansOneShot.TestKit.Stores;

/// <summary>A store whose reads can be watched, held back and broken.</summary>
/// <param name="inner">Where things lie.</param>
public sealed class SlowStore(IArtifactStore inner) : IArtifactStore
{
    /// <inheritdoc/>
    public string Kind => inner.Kind;

    /// <summary>Waited for before a file is opened.</summary>
    public Func<string, Task> BeforeRead { get; set; } = _ => Task.CompletedTask;

    /// <summary>Waited for before a file is marked as used.</summary>
    public Func<string, Task> BeforeTouch { get; set; } = _ => Task.CompletedTask;

    /// <summary>How many bytes a read of that path may give before the store is out of reach; null for all.</summary>
    public Func<string, long?> BreaksAfter { get; set; } = _ => null;

    /// <summary>What the store notes of a path, whatever its bytes are now; null has it look.</summary>
    public Func<string, ArtifactInfo?> Remembers { get; set; } = _ => null;

    /// <summary>What was opened.</summary>
    public ConcurrentQueue<string> Reads { get; } = new();

    /// <summary>What was written.</summary>
    public ConcurrentQueue<string> Writes { get; } = new();

    /// <summary>What was marked as used.</summary>
    public ConcurrentQueue<string> Touches { get; } = new();

    /// <summary>Bytes that readers got.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    private long _sent;

    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default)
    {
        await BeforeRead(path);
        Reads.Enqueue(path);
        return new BreakingRead(this, await inner.OpenReadAsync(path, cancellationToken), BreaksAfter(path));
    }

    /// <inheritdoc/>
    public Task<ArtifactInfo> WriteAsync(
        string path,
        Stream content,
        WriteCondition condition = WriteCondition.Any,
        CancellationToken cancellationToken = default
    )
    {
        Writes.Enqueue(path);
        return inner.WriteAsync(path, content, condition, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default) =>
        inner.AppendAsync(path, content, expectedLength, cancellationToken);

    /// <inheritdoc/>
    public Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default) =>
        Remembers(path) is { } noted ? Task.FromResult<ArtifactInfo?>(noted) : inner.GetInfoAsync(path, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, CancellationToken cancellationToken = default) => inner.ListAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, CancellationToken cancellationToken = default) =>
        inner.ListUsesAsync(prefix, cancellationToken);

    /// <inheritdoc/>
    public async Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default)
    {
        await BeforeTouch(path);
        Touches.Enqueue(path);
        return await inner.TouchAsync(path, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken = default) =>
        inner.DeleteUnusedAsync(path, since, cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string path, CancellationToken cancellationToken = default) => inner.DeleteAsync(path, cancellationToken);

    private sealed class BreakingRead(SlowStore store, Stream inner, long? left) : ForwardStream
    {
        private long? _left = left;

        public override bool CanSeek => true;

        public override long Length => inner.Length;

        public override long Position
        {
            get => inner.Position;
            set => inner.Position = value;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_left == 0)
            {
                throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store does not answer.");
            }

            var read = await inner.ReadAsync(_left is { } left ? buffer[..(int)Math.Min(left, buffer.Length)] : buffer, cancellationToken);
            _left -= read;
            Interlocked.Add(ref store._sent, read);
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
