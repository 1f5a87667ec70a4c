namespace OrleansOneShot.Storage.Tests.Support;

/// <summary>Gives or takes some zeros, then throws.</summary>
internal sealed class BreakingStream(int bytes, Exception error) : Stream
{
    private int _left = bytes;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var given = Math.Min(count, _left);
        if (given == 0)
            throw error;
        Array.Clear(buffer, offset, given);
        _left -= given;
        return given;
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        _left -= count;
        if (_left < 0)
            throw error;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
