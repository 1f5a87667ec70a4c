using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OrleansOneShot.TestKit.Servers;

/// <summary>A receiver of webhooks on a free port of the loopback.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly Channel<ReceivedWebhook> _arrivals = Channel.CreateUnbounded<ReceivedWebhook>();

    private WebhookReceiver(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://{address}:0");
        _app = builder.Build();
        _app.Run(AnswerAsync);
    }

    /// <summary>Where it is.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>All that has arrived.</summary>
    public ConcurrentQueue<ReceivedWebhook> All { get; } = new();

    /// <summary>How it answers; null: 204.</summary>
    public Func<HttpContext, ReceivedWebhook, Task>? Answer { get; set; }

    /// <summary>Starts one.</summary>
    /// <param name="address">Where.</param>
    public static async Task<WebhookReceiver> StartAsync(string address = "127.0.0.1")
    {
        var receiver = new WebhookReceiver(address);
        await receiver._app.StartAsync();
        receiver.Address = new Uri($"{receiver._app.Urls.Single()}/hooks");
        return receiver;
    }

    /// <summary>Waits for the next message.</summary>
    public async Task<ReceivedWebhook> NextAsync() => await _arrivals.Reader.ReadAsync().AsTask().WaitAsync(s_limit);

    /// <summary>Answers with a status.</summary>
    /// <param name="status">The status code.</param>
    public void AnswerWith(int status) =>
        Answer = (context, _) =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        };

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var headers = context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase);
        var message = new ReceivedWebhook(context.Request.Method, context.Request.Path, headers, body.ToArray());
        All.Enqueue(message);
        _arrivals.Writer.TryWrite(message);
        context.Response.StatusCode = 204;
        await (Answer?.Invoke(context, message) ?? Task.CompletedTask);
    }
}

/// <summary>A message that has arrived.</summary>
/// <param name="Method">HTTP's method.</param>
/// <param name="Path">The path.</param>
/// <param name="Headers">The headers.</param>
/// <param name="Body">The body.</param>
public sealed record ReceivedWebhook(string Method, string Path, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The message's id.</summary>
    public string Id => Headers["webhook-id"];

    /// <summary>When it was sent.</summary>
    public DateTimeOffset Sent => DateTimeOffset.FromUnixTimeSeconds(long.Parse(Headers["webhook-timestamp"], CultureInfo.InvariantCulture));

    /// <summary>The body as JSON.</summary>
    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    /// <summary>Whether its signature is the one that OpenSSL makes: nothing of this program signs twice.</summary>
    /// <param name="secret">The webhook's secret.</param>
    public async Task<bool> IsSignedAsync(string secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        var key = Convert.ToHexStringLower(Convert.FromBase64String(secret["whsec_".Length..]));
        using var openssl = Process.Start(
            new ProcessStartInfo("openssl", ["dgst", "-sha256", "-mac", "HMAC", "-macopt", $"hexkey:{key}", "-binary"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            }
        )!;
        await openssl.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes($"{Id}.{Headers["webhook-timestamp"]}."));
        await openssl.StandardInput.BaseStream.WriteAsync(Body);
        openssl.StandardInput.Close();
        using var made = new MemoryStream();
        await openssl.StandardOutput.BaseStream.CopyToAsync(made);
        await openssl.WaitForExitAsync();
        return openssl.ExitCode == 0 && Headers["webhook-signature"] == $"v1,{Convert.ToBase64String(made.ToArray())}";
    }
}
