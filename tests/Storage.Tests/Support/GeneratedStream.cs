using System.Buffers.Binary;

namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>Many bytes that take no memory: the numbers of their eight-byte groups, mixed. Calls back with each read.</summary>
internal sealed class GeneratedStream(long length, Action onRead) : Stream
{
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        onRead();
        // Whole groups only, until the end: lengths are multiples of eight.
        var given = (int)Math.Min(count / 8 * 8, length - _position);
        for (var at = 0; at < given; at += 8)
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(offset + at), (ulong)(_position + at) * 0x9E3779B97F4A7C15);
        _position += given;
        return given;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
