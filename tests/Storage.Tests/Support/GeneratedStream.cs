using System.Buffers.Binary;
using OrleansOneShot.Common;

namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>Many bytes that take no memory: the numbers of their eight-byte groups, mixed. Calls back with each read.</summary>
internal sealed class GeneratedStream(long length, Action onRead) : ForwardStream
{
    private long _position;

    public override int Read(byte[] buffer, int offset, int count)
    {
        onRead();
        // Whole groups only, until the end: lengths are multiples of eight.
        var given = (int)Math.Min(count / 8 * 8, length - _position);
        for (var at = 0; at < given; at += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(buffer.AsSpan(offset + at), (ulong)(_position + at) * 0x9E3779B97F4A7C15);
        }
        _position += given;
        return given;
    }
}
