using System.Net;
using System.Net.Http.Headers;
using OrleansOneShot.Common;

namespace OrleansOneShot.Client.Http;

/// <summary>The bytes of a file on a server, forwards only. Where the connection breaks, or nothing comes any more, the rest is asked for.</summary>
internal sealed class DownloadStream : AsyncForwardStream
{
    private const int MostBreaks = 5;

    private readonly HttpCalls _calls;
    private readonly string _path;
    private HttpResponseMessage _answer;
    private Stream _body;
    private readonly EntityTagHeaderValue? _tag;
    private long _position;
    private int _breaks;

    private DownloadStream(HttpCalls calls, string path, HttpResponseMessage answer, Stream body)
    {
        (_calls, _path, _answer, _body) = (calls, path, answer, body);
        _tag = answer.Headers.ETag;
        Length = answer.Content.Headers.ContentLength ?? throw new IOException($"The server did not say how long {path} is.");
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Opens a file.</summary>
    /// <param name="calls">The way to the server.</param>
    /// <param name="path">The file's path there.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="Documents.Errors.OneShotException">What the server said, or unavailable.</exception>
    public static async Task<DownloadStream> OpenAsync(HttpCalls calls, string path, CancellationToken cancellationToken)
    {
        var answer = await calls.SendAsync(() => HttpCalls.Get(path), cancellationToken, streams: true);
        return new DownloadStream(calls, path, answer, await ReadBodyAsync(calls, answer, cancellationToken));
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Exception? broken = null;
            try
            {
                var read = await _body.ReadAsync(buffer, cancellationToken);
                if (read > 0 || _position == Length || buffer.IsEmpty)
                {
                    _position += read;
                    return read;
                }
            }
            catch (Exception e) when (HttpCalls.IsBroken(e, cancellationToken))
            {
                broken = e;
            }

            if (++_breaks > MostBreaks)
            {
                throw new IOException($"The connection broke {_breaks} times at {_path}.", broken);
            }

            await GoOnAsync(cancellationToken);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _answer.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task GoOnAsync(CancellationToken cancellationToken)
    {
        _answer.Dispose();
        _answer = await _calls.SendAsync(
            () =>
            {
                var message = HttpCalls.Get(_path);
                message.Headers.Range = new RangeHeaderValue(_position, null);
                message.Headers.IfRange = _tag is null ? null : new RangeConditionHeaderValue(_tag);
                return message;
            },
            cancellationToken,
            streams: true
        );
        if (!IsTheRest(_answer))
        {
            throw new IOException($"{_path} was changed while it was read.");
        }

        _body = await ReadBodyAsync(_calls, _answer, cancellationToken);
    }

    // A server, or what lies before it, may understand neither ranges nor conditions.
    private bool IsTheRest(HttpResponseMessage answer) =>
        (answer.Headers.ETag is not { } tag || _tag is null || tag.Equals(_tag))
        && (answer.StatusCode == HttpStatusCode.PartialContent ? answer.Content.Headers.ContentRange?.From == _position : _position == 0);

    private static async Task<Stream> ReadBodyAsync(HttpCalls calls, HttpResponseMessage answer, CancellationToken cancellationToken) =>
        new PatientStream(await answer.Content.ReadAsStreamAsync(cancellationToken), calls.SilenceTimeout);
}
