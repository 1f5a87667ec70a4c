using System.Net;
using System.Net.Http.Headers;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Http;

/// <summary>Photos and masks of the caller, on a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpBlobs(HttpCalls calls) : IBlobTarget
{
    /// <inheritdoc/>
    public async Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default)
    {
        try
        {
            using var _ = await calls.SendAsync(() => new HttpRequestMessage(HttpMethod.Head, PathOf(sha256)), cancellationToken);
            return true;
        }
        catch (OneShotException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Whoever asks for bytes has marked them as used with that.</remarks>
    public Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) => Task.FromResult(true);

    /// <inheritdoc/>
    public async Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        var start = content.Position;
        try
        {
            using var _ = await calls.SendAsync(
                () =>
                {
                    content.Position = start;
                    var message = new HttpRequestMessage(HttpMethod.Put, PathOf(sha256)) { Content = new UploadContent(content) };
                    // What the server would refuse it refuses before the bytes are sent.
                    message.Headers.ExpectContinue = true;
                    return message;
                },
                cancellationToken
            );
            return true;
        }
        catch (OneShotException e) when (e.Status == (int)HttpStatusCode.UnprocessableEntity)
        {
            return false;
        }
    }

    private static string PathOf(string sha256) => $"v1/blobs/{sha256}";
}

/// <summary>Bytes of a stream, which stays the caller's and may be sent again.</summary>
internal sealed class UploadContent : HttpContent
{
    private readonly Stream _content;
    private readonly long _length;

    /// <summary>Creates the content.</summary>
    /// <param name="content">The stream; sent from its position on.</param>
    public UploadContent(Stream content)
    {
        (_content, _length) = (content, content.Length - content.Position);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    /// <inheritdoc/>
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        _content.CopyToAsync(stream, 128 << 10, cancellationToken);

    /// <inheritdoc/>
    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
