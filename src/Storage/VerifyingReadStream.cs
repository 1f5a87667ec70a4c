using System.Security.Cryptography;
using OrleansOneShot.Common;

namespace OrleansOneShot.Storage;

/// <summary>
/// Reads a file to its end and compares length and hash with what was expected. The read that finds the end throws if they differ; one that finds too many
/// bytes throws at once. What was read before the end is not yet known to be right.
/// </summary>
/// <param name="inner">The file, at its start; disposed of with this.</param>
/// <param name="expected">What it should be.</param>
internal sealed class VerifyingReadStream(Stream inner, ArtifactInfo expected) : ForwardStream
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private long _position;
    private bool _verified;

    public override long Length => expected.Bytes;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Take(buffer.Span[..read], buffer.Length);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer);
        Take(buffer[..read], buffer.Length);
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask DisposeAsync()
    {
        _hash.Dispose();
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _hash.Dispose();
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Take(ReadOnlySpan<byte> bytes, int asked)
    {
        if (_verified || asked == 0)
        {
            return;
        }
        _hash.AppendData(bytes);
        _position += bytes.Length;
        if (bytes.Length > 0 && _position <= expected.Bytes)
        {
            return;
        }
        var actual = new ArtifactInfo(expected.Path, _position, Convert.ToHexStringLower(_hash.GetCurrentHash()));
        if (actual != expected)
        {
            throw new ArtifactCorruptException(expected.Path, expected, actual);
        }
        _verified = true;
    }
}
