using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// A host in the Hugging Face layout. Redirects are followed here, not by the handler, so that the token goes to the host itself and to nobody else, and to
/// public addresses alone: what a host answers must not send this machine into the network behind it. The host itself may be private, since whoever runs this
/// program has named it.
/// </summary>
internal sealed class ModelHost : IDisposable
{
    private const int MaximumRedirects = 5;
    private readonly HttpClient _http;
    private readonly Uri _address;
    private readonly string? _token;
    private readonly TimeSpan _stallTime;
    private readonly Func<IPAddress, bool> _isOffLimits;

    /// <summary>Creates the client; no request is made.</summary>
    /// <exception cref="InvalidInputException">The address is none, or a token would travel in the clear.</exception>
    public ModelHost(ModelPullOptions options)
    {
        _address = Check(options.Host);
        _token = options.Token;
        _stallTime = options.StallTime;
        _isOffLimits = options.IsOffLimits;
        if (_token is not null && _address.Scheme != Uri.UriSchemeHttps && !_address.IsLoopback)
        {
            throw new InvalidInputException(
                $"The token would travel unencrypted to {_address.Authority}.",
                "base-url",
                $"Use an https address, or unset {HostToken.Variable} and {HostToken.FileVariable}."
            );
        }

        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(20),
                ConnectCallback = ConnectAsync,
            }
        )
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("oneshot", typeof(ModelHost).Assembly.GetName().Version?.ToString(3)));
    }

    /// <summary>The host's name in messages.</summary>
    public string Shown => _address.Authority;

    /// <summary>Whether an address is one of this very host.</summary>
    public bool Owns(Uri address) => address.Scheme == _address.Scheme && address.Host == _address.Host && address.Port == _address.Port;

    /// <summary>First page of a repository's list of files.</summary>
    public Uri ListAddress(string repository, string revision) => At($"api/models/{repository}/tree/{Uri.EscapeDataString(revision)}?recursive=true");

    /// <summary>A file.</summary>
    public Uri FileAddress(string repository, string revision, string path) =>
        At($"{repository}/resolve/{Uri.EscapeDataString(revision)}/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}");

    /// <summary>Asks for something; the answer's body is not read yet.</summary>
    /// <param name="address">An address of this host.</param>
    /// <param name="range">The part that is wanted; null for all of it.</param>
    /// <param name="ifRange">The version of which the part is wanted, else all of it; or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>An answer of 200, 206 or 416, which the caller disposes of.</returns>
    /// <exception cref="HostFaultException">The host can't be reached, or asks to come again.</exception>
    /// <exception cref="OneShotException">It refuses.</exception>
    public async Task<HttpResponseMessage> GetAsync(Uri address, RangeHeaderValue? range, EntityTagHeaderValue? ifRange, CancellationToken cancellationToken)
    {
        var at = address;
        for (var hop = 0; ; hop++)
        {
            var response = await SendAsync(at, range, ifRange, cancellationToken);
            if (response.StatusCode is HttpStatusCode.OK or HttpStatusCode.PartialContent or HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                return response;
            }

            using (response)
            {
                at =
                    response.StatusCode
                        is HttpStatusCode.MovedPermanently
                            or HttpStatusCode.Found
                            or HttpStatusCode.SeeOther
                            or HttpStatusCode.TemporaryRedirect
                            or HttpStatusCode.PermanentRedirect
                    && response.Headers.Location is { } location
                        ? hop < MaximumRedirects
                            ? Next(at, location)
                            : throw Refused($"{Shown} redirects more than {MaximumRedirects} times.")
                        : throw FaultOf(response);
            }
        }
    }

    /// <summary>Reads from an answer's body.</summary>
    /// <returns>Bytes read; 0 at the end.</returns>
    /// <exception cref="HostFaultException">The connection broke or stalled.</exception>
    public async Task<int> ReadAsync(Stream body, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(_stallTime);
        try
        {
            return await body.ReadAsync(buffer, stall.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostFaultException($"{Shown} sent nothing for {_stallTime.TotalSeconds:0} s.", inner: e);
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new HostFaultException($"The connection to {Shown} broke: {e.Message}", inner: e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static Uri Check(Uri address) =>
        address is { IsAbsoluteUri: true, UserInfo.Length: 0, Query.Length: 0, Fragment.Length: 0 } && address.Scheme is "http" or "https"
            ? new Uri(address.AbsoluteUri.TrimEnd('/') + "/")
            : throw new InvalidInputException(
                "The address of the host is no plain http or https address.",
                "base-url",
                $"Write it like {ModelPullOptions.DefaultHost}; a token comes from {HostToken.Variable}."
            );

    private async Task<HttpResponseMessage> SendAsync(Uri at, RangeHeaderValue? range, EntityTagHeaderValue? ifRange, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, at);
        request.Headers.Range = range;
        request.Headers.IfRange = ifRange is null ? null : new RangeConditionHeaderValue(ifRange);
        if (_token is not null && Owns(at))
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _token);
        }

        using var stall = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        stall.CancelAfter(_stallTime);
        try
        {
            return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stall.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HostFaultException($"{at.Authority} did not answer within {_stallTime.TotalSeconds:0} s.", inner: e);
        }
        catch (HttpRequestException e) when (e.InnerException is OffLimitsException refused)
        {
            throw LeadsTo(at, refused.Address);
        }
        catch (HttpRequestException e)
        {
            throw new HostFaultException($"{at.Authority} can't be reached: {e.Message}", inner: e);
        }
    }

    // Here, and not where the redirect is read: a name that is looked up twice may mean two addresses.
    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (end, wanted) = (context.DnsEndPoint, context.InitialRequestMessage.RequestUri!);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // A proxy of the environment is as much the operator's word as the host is; what lies behind it, it alone sees.
            var isProxy = end.Host != wanted.IdnHost || end.Port != wanted.Port;
            if (isProxy || Owns(wanted))
            {
                await socket.ConnectAsync(end, cancellationToken);
            }
            else
            {
                var addresses = await Dns.GetHostAddressesAsync(end.Host, cancellationToken);
                if (addresses.FirstOrDefault(_isOffLimits) is { } refused)
                {
                    throw new OffLimitsException(refused);
                }

                await socket.ConnectAsync(addresses, end.Port, cancellationToken);
            }

            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Where a redirect leads.</summary>
    /// <param name="from">The address that was asked.</param>
    /// <param name="location">What it answered.</param>
    /// <exception cref="OneShotException">Nobody may be sent there: from https to anything else, or to an address that is not public.</exception>
    internal Uri Next(Uri from, Uri location)
    {
        var next = location.IsAbsoluteUri ? location : new Uri(from, location);
        if (next.Scheme != Uri.UriSchemeHttps && (next.Scheme != Uri.UriSchemeHttp || from.Scheme != Uri.UriSchemeHttp))
        {
            throw Refused($"{Shown} redirects to an address that is not encrypted, or no web address.");
        }

        // Names are looked at where they are connected to; behind a proxy this is all that can be seen.
        return !Owns(next) && IPAddress.TryParse(next.IdnHost, out var address) && _isOffLimits(address) ? throw LeadsTo(next, address) : next;
    }

    private OneShotException LeadsTo(Uri to, IPAddress address) =>
        new(
            new ErrorDetail(
                ErrorCodes.Failed,
                $"{Shown} redirects to {to.Authority}{(to.IdnHost == address.ToString() ? "" : $" ({address})")}, which is not a public address; nothing was "
                    + $"asked of it.",
                "base-url",
                "If that is your own host of models, name it itself: with --base-url, or in " + HostAddress.Variable + "."
            )
        );

    private Exception FaultOf(HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout or >= HttpStatusCode.InternalServerError => new HostFaultException(
                $"{Shown} answered {status}.",
                RetryAfter(response)
            ),
            HttpStatusCode.NotFound => new OneShotException(
                new ErrorDetail(
                    ErrorCodes.NotFound,
                    $"{Shown} has no such repository, revision or file (it answered 404).",
                    "repo",
                    "Check REPO and --revision."
                )
            ),
            HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new OneShotException(
                new ErrorDetail(
                    status == 401 ? ErrorCodes.Unauthenticated : ErrorCodes.Forbidden,
                    $"{Shown} refuses access (it answered {status}): there is no such repository, or it needs a "
                        + $"token{(_token is null ? "" : " other than the one given")}.",
                    "repo",
                    $"Accept the model's terms on the host if it has any, and give a token by {HostToken.Variable} or {HostToken.FileVariable}."
                )
            ),
            _ => Refused($"{Shown} answered {status}."),
        };
    }

    private static TimeSpan? RetryAfter(HttpResponseMessage response) =>
        response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - DateTimeOffset.UtcNow,
            _ => null,
        };

    private static OneShotException Refused(string message) => new(new ErrorDetail(ErrorCodes.Failed, message, "repo"));

    private Uri At(string relative) => new(_address, relative);

    private sealed class OffLimitsException(IPAddress address) : Exception
    {
        public IPAddress Address { get; } = address;
    }
}

/// <summary>A host did not answer as it should have; asking again may help.</summary>
/// <param name="message">What happened.</param>
/// <param name="retryAfter">How long the host asks to wait; null leaves it to the caller.</param>
/// <param name="inner">The cause.</param>
internal sealed class HostFaultException(string message, TimeSpan? retryAfter = null, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>How long the host asks to wait; null leaves it to the caller.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
