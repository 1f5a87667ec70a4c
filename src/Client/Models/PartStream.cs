using OrleansOneShot.Common;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>Files of a store as one stream, forwards, of which one is open at a time.</summary>
/// <param name="store">The store.</param>
/// <param name="paths">The files, in their order.</param>
/// <param name="length">Bytes of all of them.</param>
internal sealed class PartStream(IArtifactStore store, IReadOnlyList<string> paths, long length) : AsyncForwardStream
{
    private Stream? _part;
    private int _next;
    private long _position;

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
