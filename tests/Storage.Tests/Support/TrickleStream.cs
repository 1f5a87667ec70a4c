using OrleansOneShot.Common;

namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>Gives bytes forwards only, in uneven pieces, as a network does.</summary>
internal sealed class TrickleStream(byte[] bytes) : ForwardStream
{
    private int _position;

    public override int Read(byte[] buffer, int offset, int count)
    {
        var given = Math.Min(Math.Min(count, 1 + (_position % 77_777)), bytes.Length - _position);
        bytes.AsSpan(_position, given).CopyTo(buffer.AsSpan(offset));
        _position += given;
        return given;
    }
}
