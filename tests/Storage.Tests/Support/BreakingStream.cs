using OrleansOneShot.Common;

namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>Gives or takes some zeros, then throws.</summary>
internal sealed class BreakingStream(int bytes, Exception error) : ForwardStream
{
    private int _left = bytes;

    public override bool CanWrite => true;

    public override int Read(byte[] buffer, int offset, int count)
    {
        var given = Math.Min(count, _left);
        if (given == 0)
        {
            throw error;
        }
        Array.Clear(buffer, offset, given);
        _left -= given;
        return given;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        _left -= count;
        if (_left < 0)
        {
            throw error;
        }
    }
}
