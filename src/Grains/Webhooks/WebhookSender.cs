using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>
/// Makes a silo's calls to receivers: signed, so many at once, for so long, to hosts that may be called, and without heed to anything in the answer but its
/// status and Retry-After.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>Most calls of a silo at once. A webhook has two at most and an owner sixteen webhooks, so that one owner's slow receivers leave room.</summary>
    private const int MostAtOnce = 128;

    private const int MostHeaderKibibytes = 16;

    /// <summary>How long a try may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private static readonly MediaTypeHeaderValue s_json = new("application/json");
    private static readonly ProductInfoHeaderValue s_agent = new("OrleansOneShot-Webhooks", "1");

    private readonly SemaphoreSlim _places = new(MostAtOnce);
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _clock;

    /// <summary>Creates it.</summary>
    /// <param name="options">Which hosts the operator allows; the clock.</param>
    /// <param name="resolver">Finds hosts.</param>
    public WebhookSender(IOptions<OneShotGrainsOptions> options, IHostResolver resolver)
    {
        _clock = options.Value.Clock;
        Hosts = options.Value.WebhookHosts;
        var connector = new CheckedConnector(Hosts, resolver);
        _http = new HttpMessageInvoker(
            new SocketsHttpHandler
            {
                ConnectCallback = async (context, token) => await connector.ConnectAsync(context.DnsEndPoint, token),
                // A proxy of the environment would look the name up itself, and reach what this silo may not.
                UseProxy = false,
                AllowAutoRedirect = false,
                UseCookies = false,
                Credentials = null,
                PreAuthenticate = false,
                MaxResponseHeadersLength = MostHeaderKibibytes,
                MaxResponseDrainSize = 0,
                // A host that moves is found.
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                // Traces of the inside are nobody's business.
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            }
        );
    }

    /// <summary>The hosts that may be called.</summary>
    public ReachableHosts Hosts { get; }

    /// <summary>Tries to deliver a message. It runs beside whoever calls it.</summary>
    /// <param name="url">Where to.</param>
    /// <param name="secret">Signs it.</param>
    /// <param name="id">The message's id.</param>
    /// <param name="body">The message.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>What became of it.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled; the receiver may have the message.</exception>
    public Task<SendOutcome> SendAsync(Uri url, byte[] secret, string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                await _places.WaitAsync(cancellationToken);
                try
                {
                    return await TryAsync(url, secret, id, body, cancellationToken);
                }
                finally
                {
                    _places.Release();
                }
            },
            cancellationToken
        );

    /// <inheritdoc/>
    public void Dispose()
    {
        _http.Dispose();
        _places.Dispose();
    }

    private async Task<SendOutcome> TryAsync(Uri url, byte[] secret, string id, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(Limit, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        using var request = Create(url, secret, id, body);
        try
        {
            // Comes back with the headers: nothing of the body is read.
            using var response = await _http.SendAsync(request, limit.Token);
            var status = (int)response.StatusCode;
            return new SendOutcome(status, WhyNot(status), RetryAfter(response.Headers.RetryAfter));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SendOutcome(null, string.Create(CultureInfo.InvariantCulture, $"The receiver did not answer within {Limit.TotalSeconds} s."));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return new SendOutcome(null, WhyNot(e));
        }
    }

    private HttpRequestMessage Create(Uri url, byte[] secret, string id, ReadOnlyMemory<byte> body)
    {
        var timestamp = _clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new ReadOnlyMemoryContent(body) { Headers = { ContentType = s_json } };
        var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = content, Headers = { UserAgent = { s_agent } } };
        request.Headers.Add("webhook-id", id);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(secret, id, timestamp, body.Span));
        return request;
    }

    private static string? WhyNot(int status) =>
        status switch
        {
            >= 200 and < 300 => null,
            >= 300 and < 400 => string.Create(
                CultureInfo.InvariantCulture,
                $"The receiver answered {status}, and redirects are not followed: register the address that it moved to."
            ),
            _ => string.Create(CultureInfo.InvariantCulture, $"The receiver answered {status}."),
        };

    // What the platform says may name addresses of the inside.
    private static string WhyNot(Exception error)
    {
        for (var cause = error; cause is not null; cause = cause.InnerException)
        {
            if (cause is ReceiverRefusedException)
            {
                return cause.Message;
            }
        }

        return (error as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "The receiver's host was not found.",
            HttpRequestError.SecureConnectionError => "No secure connection could be made: see that the receiver's certificate is valid for its host.",
            HttpRequestError.ConnectionError => "The receiver could not be reached.",
            _ => "The receiver did not answer as HTTP wants it.",
        };
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? wanted) =>
        wanted?.Delta ?? (wanted?.Date is { } date && date > _clock.GetUtcNow() ? date - _clock.GetUtcNow() : null);
}
