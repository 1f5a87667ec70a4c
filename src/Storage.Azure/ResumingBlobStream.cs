using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Polly;

namespace OrleansOneShot.Storage.Azure;

/// <summary>
/// A blob as it was when it was opened. A broken connection is opened again at the offset reached, with the blob's ETag as the condition, so what is read is
/// never a mixture of two versions. A log may grow meanwhile; its bytes so far are then read to the length that it had.
/// </summary>
internal sealed class ResumingBlobStream : Stream
{
    private readonly BlobClient _blob;
    private readonly BlobErrors _errors;
    private readonly ResiliencePipeline _retry;
    private readonly string _path;
    private readonly BlobDownloadDetails _opened;
    private BlobDownloadStreamingResult? _connection;
    private long _connectionPosition;
    private long _position;
    private bool _disposed;

    private ResumingBlobStream(BlobClient blob, BlobErrors errors, ResiliencePipeline retry, string path, BlobDownloadStreamingResult opened)
    {
        _blob = blob;
        _errors = errors;
        _retry = retry;
        _path = path;
        _connection = opened;
        _opened = opened.Details;
        Length = _opened.ContentLength;
    }

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; }

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "A position is not negative.");
    }

    /// <summary>The version that is read.</summary>
    public ETag Version => _opened.ETag;

    /// <summary>How often the stream had to connect again.</summary>
    public int Reconnections { get; private set; }

    /// <summary>Opens a blob.</summary>
    /// <param name="clients">The container's clients.</param>
    /// <param name="errors">Says what goes wrong.</param>
    /// <param name="retry">Repeats a broken read.</param>
    /// <param name="path">Path in the store, for messages.</param>
    /// <param name="name">The blob's name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The stream; null if there is no such blob.</returns>
    public static Task<ResumingBlobStream?> OpenAsync(
        BlobClients clients,
        BlobErrors errors,
        ResiliencePipeline retry,
        string path,
        string name,
        CancellationToken cancellationToken
    ) =>
        errors.GuardAsync<ResumingBlobStream?>(
            $"reading {path}",
            async () =>
            {
                try
                {
                    var opened = await clients.Retrying.GetBlobClient(name).DownloadStreamingAsync(cancellationToken: cancellationToken);
                    return new ResumingBlobStream(clients.Single.GetBlobClient(name), errors, retry, path, opened.Value);
                }
                catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e))
                {
                    return null;
                }
            },
            cancellationToken
        );

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return buffer.Length == 0 || _position >= Length
            ? ValueTask.FromResult(0)
            : _retry.ExecuteAsync(
                static (state, token) =>
                    new ValueTask<int>(
                        state.Stream._errors.GuardAsync($"reading {state.Stream._path}", () => state.Stream.ReadOnceAsync(state.Buffer, token), token)
                    ),
                (Stream: this, Buffer: buffer),
                cancellationToken
            );
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer, offset, count, CancellationToken.None).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) =>
        Position =
            offset
            + origin switch
            {
                SeekOrigin.Begin => 0,
                SeekOrigin.Current => _position,
                _ => Length,
            };

    public override void Flush() { }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _disposed = true;
            Disconnect();
        }

        base.Dispose(disposing);
    }

    private async Task<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_connection is null || _connectionPosition != _position)
        {
            await ConnectAsync(cancellationToken);
        }
        try
        {
            var read = await _connection!.Content.ReadAsync(buffer[..(int)Math.Min(buffer.Length, Length - _position)], cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException("The connection ended before the file did.");
            }
            _position += read;
            _connectionPosition = _position;
            return read;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // The library has tried to go on by itself. Connecting again tells what is the matter: a changed blob, no permission, or nobody there.
            Disconnect();
            throw _errors.Explain(
                $"reading {_path}",
                e is RequestFailedException { Status: 412 } ? new EndOfStreamException("The connection ended before the file did.", e) : e
            );
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Disconnect();
        Reconnections++;
        var isLog = _opened.BlobType == BlobType.Append;
        var settings = new BlobDownloadOptions
        {
            Range = new HttpRange(_position, Length - _position),
            Conditions = isLog ? null : new BlobRequestConditions { IfMatch = _opened.ETag },
        };
        try
        {
            _connection = (await _blob.DownloadStreamingAsync(settings, cancellationToken)).Value;
        }
        catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e))
        {
            throw new ArtifactChangedException(_path, "was deleted while it was read");
        }
        catch (RequestFailedException e) when (e.Status is 412 or 416)
        {
            throw new ArtifactChangedException(_path, "was replaced while it was read");
        }

        if (
            isLog
            && !(_opened.Metadata.TryGetValue(BlobMarks.Writer, out var writer) && BlobMarks.IsBy(_connection.Details.Metadata, writer))
            && _connection.Details.ETag != _opened.ETag
        )
        {
            Disconnect();
            throw new ArtifactChangedException(_path, "was replaced while it was read");
        }

        _connectionPosition = _position;
    }

    private void Disconnect()
    {
        _connection?.Dispose();
        _connection = null;
    }
}
