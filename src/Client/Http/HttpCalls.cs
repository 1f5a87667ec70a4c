using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Client.Transport;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Client.Http;

/// <summary>Calls of a server: with the key, repeated where that helps, and with errors as <see cref="OneShotException"/>.</summary>
internal sealed partial class HttpCalls : IDisposable
{
    private static readonly TimeSpan s_firstPause = TimeSpan.FromMilliseconds(500);

    // Connections are made anew now and then, so that a name which leads elsewhere by now is followed.
    private static readonly TimeSpan s_connectionLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan s_connectLimit = TimeSpan.FromSeconds(15);

    private readonly HttpClient _client;
    private readonly OneShotClientOptions _options;
    private readonly ResiliencePipeline<HttpResponseMessage> _retries;
    private readonly ILogger _logger;

    /// <summary>Creates the calls; makes none.</summary>
    /// <param name="server">The server's address.</param>
    /// <param name="options">How calls are made.</param>
    /// <exception cref="OneShotException">invalid_input: the address or the key can't be one.</exception>
    public HttpCalls(Uri server, OneShotClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(server);
        if (!server.IsAbsoluteUri || server.Scheme is not ("http" or "https") || server.UserInfo.Length > 0)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.InvalidInput,
                    $"{SecretText.Scrub(server.ToString())} is no address of a server.",
                    "server",
                    "Give one such as http://127.0.0.1:8080; the key goes into a file."
                )
            );
        }

        _options = options;
        _logger = options.LoggerFactory?.CreateLogger(Telemetry.SourceName) ?? NullLogger.Instance;
        var handler =
            options.Handler
            ?? new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                PooledConnectionLifetime = s_connectionLife,
                ConnectTimeout = s_connectLimit,
            };
        _client = new HttpClient(handler, disposeHandler: options.Handler is null)
        {
            BaseAddress = new Uri(server.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = System.Threading.Timeout.InfiniteTimeSpan,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("OrleansOneShot", typeof(HttpCalls).Assembly.GetName().Version!.ToString(3)));
        if (ReadKey(options) is { } key)
        {
            _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Text);
            if (KeyFile.TravelsInClear(server))
            {
                LogInClear(_client.BaseAddress.GetLeftPart(UriPartial.Authority));
            }
        }

        _retries = CreateRetries(options);
    }

    /// <summary>How long a stream may be silent.</summary>
    public TimeSpan SilenceTimeout => _options.SilenceTimeout;

    /// <summary>How long a call may take that is no upload and no stream.</summary>
    public TimeSpan Timeout => _options.Timeout;

    /// <summary>The clock.</summary>
    public TimeProvider Clock => _options.TimeProvider;

    /// <summary>A call that reads.</summary>
    /// <param name="path">Relative to the server.</param>
    public static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    /// <summary>A call that sends a document, or none.</summary>
    /// <param name="path">Relative to the server.</param>
    /// <param name="body">The document; null: none.</param>
    public static HttpRequestMessage Post(string path, object? body = null) =>
        new(HttpMethod.Post, path)
        {
            Content = body is null
                ? null
                : new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body, DocumentJson.Options))
                {
                    Headers = { ContentType = new MediaTypeHeaderValue("application/json") },
                },
        };

    /// <summary>Calls, and reads the document that comes back.</summary>
    /// <typeparam name="T">The document.</typeparam>
    /// <param name="make">Makes the call, once for each try.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="repeats">Whether a call that failed is repeated; not one whose second answer would be another.</param>
    /// <returns>The document.</returns>
    /// <exception cref="OneShotException">What the server said, or unavailable.</exception>
    public async Task<T> CallAsync<T>(Func<HttpRequestMessage> make, CancellationToken cancellationToken, bool repeats = true)
    {
        using var answer = await SendAsync(make, cancellationToken, repeats: repeats);
        return await DocumentAnswer.ReadAsync<T>(answer, cancellationToken);
    }

    /// <summary>Deletes something; what an earlier try has deleted, whose answer was lost, is gone.</summary>
    /// <param name="path">Relative to the server.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="OneShotException">What the server said, or unavailable.</exception>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        var tries = 0;
        try
        {
            using var _ = await SendAsync(
                () =>
                {
                    tries++;
                    return new HttpRequestMessage(HttpMethod.Delete, path);
                },
                cancellationToken
            );
        }
        catch (OneShotException e) when (tries > 1 && e.Code == ErrorCodes.NotFound) { }
    }

    /// <summary>Calls.</summary>
    /// <param name="make">Makes the call, once for each try.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <param name="streams">Whether only the answer's head has to come in time: the body is read as it comes.</param>
    /// <param name="repeats">Whether a call that failed is repeated; whoever repeats by themselves does without.</param>
    /// <param name="timeout">How long a try may take; null: as long as any.</param>
    /// <returns>An answer of success, or 304; the caller disposes of it.</returns>
    /// <exception cref="OneShotException">What the server said, or unavailable.</exception>
    public async Task<HttpResponseMessage> SendAsync(
        Func<HttpRequestMessage> make,
        CancellationToken cancellationToken,
        bool streams = false,
        bool repeats = true,
        TimeSpan? timeout = null
    )
    {
        HttpResponseMessage answer;
        try
        {
            answer = repeats ? await _retries.ExecuteAsync(SendOnceAsync, cancellationToken) : await SendOnceAsync(cancellationToken);
        }
        catch (Exception e) when (IsBroken(e, cancellationToken))
        {
            throw Unreachable(e);
        }

        if (answer.IsSuccessStatusCode || answer.StatusCode == HttpStatusCode.NotModified)
        {
            return answer;
        }

        using (answer)
        {
            throw await DocumentAnswer.ReadErrorAsync(answer, cancellationToken);
        }

        async ValueTask<HttpResponseMessage> SendOnceAsync(CancellationToken token)
        {
            using var message = make();
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            // The bytes of an upload take as long as they take.
            if (message.Content is not UploadContent)
            {
                limit.CancelAfter(timeout ?? _options.Timeout);
            }

            var completion = streams ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead;
            var began = _options.TimeProvider.GetTimestamp();
            var got = await _client.SendAsync(message, completion, limit.Token);
            var took = _options.TimeProvider.GetElapsedTime(began);
            LogCall(message.Method, message.RequestUri, got.StatusCode, took);
            return got;
        }
    }

    /// <summary>Whether a call, or its answer, did not get through.</summary>
    /// <param name="error">The failure.</param>
    /// <param name="cancellationToken">The caller's own wish to stop, which is none.</param>
    public static bool IsBroken(Exception error, CancellationToken cancellationToken) =>
        error is HttpRequestException or IOException or TimeoutException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>What it means that a call did not get through.</summary>
    /// <param name="cause">The failure.</param>
    public OneShotException Unreachable(Exception cause)
    {
        var address = _client.BaseAddress!.GetLeftPart(UriPartial.Authority);
        var message =
            cause is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError }
                ? $"The certificate of {address} is not trusted, or it speaks no TLS."
            : cause is OperationCanceledException or TimeoutException ? $"{address} did not answer in time."
            : $"{address} can't be reached: {cause.Message.TrimEnd('.')}.";
        const string Hint = "Check that oneshot serve --urls runs there, and try again.";
        return new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, message, "server", Hint), cause);
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static ApiKey? ReadKey(OneShotClientOptions options) =>
        options.KeyFile is { } file ? KeyFile.Read(file)
        : options.Key is not { } text ? null
        : ApiKey.TryParse(text.Trim(), out var key) ? key
        : throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"The key is none: one is {ApiKey.Form}.", "key"));

    private ResiliencePipeline<HttpResponseMessage> CreateRetries(OneShotClientOptions options)
    {
        var builder = new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = options.TimeProvider };
        if (options.MaxRetries > 0)
        {
            builder.AddRetry(
                new RetryStrategyOptions<HttpResponseMessage>
                {
                    ShouldHandle = tried =>
                        ValueTask.FromResult(
                            tried.Outcome is { Exception: { } error }
                                ? IsBroken(error, tried.Context.CancellationToken)
                                : tried.Outcome.Result is { } answer && MayPass(answer)
                        ),
                    MaxRetryAttempts = options.MaxRetries,
                    Delay = s_firstPause,
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    DelayGenerator = tried =>
                        ValueTask.FromResult(tried.Outcome.Result is { } answer ? DocumentAnswer.RetryAfter(answer, options.TimeProvider) : null),
                    OnRetry = tried =>
                    {
                        LogRetry(tried.AttemptNumber + 1, tried.RetryDelay.TotalSeconds, (int?)tried.Outcome.Result?.StatusCode, tried.Outcome.Exception);
                        tried.Outcome.Result?.Dispose();
                        return ValueTask.CompletedTask;
                    },
                }
            );
        }

        return builder.Build();
    }

    private bool MayPass(HttpResponseMessage answer) =>
        (int)answer.StatusCode is 408 or 429 or 500 or 502 or 503 or 504
        && !(DocumentAnswer.RetryAfter(answer, _options.TimeProvider) > _options.MaxRetryAfter);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Method} {Path} was answered with {Status} after {Took}")]
    private partial void LogCall(HttpMethod method, Uri? path, HttpStatusCode status, TimeSpan took);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The key is sent to {Server} without encryption, so whoever is on the way can read it")]
    private partial void LogInClear(string server);

    [LoggerMessage(Level = LogLevel.Information, Message = "Try {Attempt} failed with {Status}; the call is repeated in {Seconds} s")]
    private partial void LogRetry(int attempt, double seconds, int? status, Exception? error);
}
