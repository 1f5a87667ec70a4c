namespace OrleansOneShot.Client.Http;

/// <summary>A part of a stream as a stream of its own, which may be read again. The whole stays its owner's, and serves one part at a time.</summary>
/// <param name="whole">A stream that can seek.</param>
/// <param name="start">Where the part begins.</param>
/// <param name="length">Its length.</param>
internal sealed class StreamPart(Stream whole, long start, long length) : Stream
{
    private long _position;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => _position = value is >= 0 && value <= length ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        ValidateBufferArguments(buffer, offset, count);
        whole.Position = start + _position;
        return Count(whole.Read(buffer, offset, Most(count)));
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        whole.Position = start + _position;
        return Count(await whole.ReadAsync(buffer[..Most(buffer.Length)], cancellationToken));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) =>
        Position =
            offset
            + origin switch
            {
                SeekOrigin.Begin => 0,
                SeekOrigin.Current => _position,
                _ => length,
            };

    /// <inheritdoc/>
    public override void Flush() { }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private int Most(int count) => (int)Math.Min(count, length - _position);

    private int Count(int read)
    {
        _position += read;
        return read;
    }
}
