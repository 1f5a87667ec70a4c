using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>Files of a store as one stream, forwards, of which one is open at a time.</summary>
/// <param name="store">The store.</param>
/// <param name="paths">The files, in their order.</param>
/// <param name="length">Bytes of all of them.</param>
internal sealed class PartStream(IArtifactStore store, IReadOnlyList<string> paths, long length) : Stream
{
    private Stream? _part;
    private int _next;
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            if (_part is null)
            {
                if (_next == paths.Count)
                {
                    return 0;
                }

                _part = await store.OpenReadAsync(paths[_next++], cancellationToken);
            }

            if (await _part.ReadAsync(buffer, cancellationToken) is > 0 and var read)
            {
                _position += read;
                return read;
            }

            await _part.DisposeAsync();
            _part = null;
        }

        return 0;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_part is not null)
        {
            await _part.DisposeAsync();
        }

        await base.DisposeAsync();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _part?.Dispose();
        }

        base.Dispose(disposing);
    }
}
