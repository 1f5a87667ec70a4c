using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>What a server writes into its log: how each call ended, and nothing that its caller wrote.</summary>
public sealed class ServerLogTests : IAsyncLifetime
{
    private const string Trace = "0123456789abcdef0123456789abcdef";
    private readonly HttpServer _server = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync(new Dictionary<string, string> { ["ONESHOT_LOG_LEVEL"] = "trace" });

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Log_AtTraceLevel_HoldsEveryCallAndNoSecret()
    {
        var key = await _server.AddKeyAsync("shop", "jobs:read,jobs:write,admin");
        var secret = key.Split('_')[2];
        var wrong = key[..^8] + "Wr0ngKey";
        const string Malformed = "os1_nosuchkey_m4lformedS3cret";
        const string Hidden = "whsec_B0dySecretOfAHook";
        const string Metadata = "metadataV4lueOfACustomer";
        const string Query = "qu3ryTextOfACaller";

        _server.UseKey(key);
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), 2);
        request["metadata"] = new System.Text.Json.Nodes.JsonObject { ["customer"] = Metadata };
        using var submitted = await _server.SubmitAsync(request);
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        await foreach (var _ in new EventReader(_server.Client, id).ReadAsync(0)) { }
        request["secret"] = Hidden;
        using var refused = await _server.SubmitAsync(request);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        using var listed = await _server.Client.GetAsync($"/v1/implantations?state={Query}");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, listed.StatusCode);
        using var rotated = await _server.Client.PostAsync($"/v1/keys/{key.Split('_')[1]}/rotate", null);
        var second = ((string)(await HttpServer.ReadAsync(rotated))["secret"]!).Split('_')[2];
        foreach (var bad in new[] { wrong, Malformed })
        {
            _server.UseKey(bad);
            using var message = new HttpRequestMessage(HttpMethod.Get, "/v1/implantations");
            message.Headers.Add("traceparent", $"00-{Trace}-0123456789abcdef-01");
            using var answer = await _server.Client.SendAsync(message);
            await HttpServer.ProblemAsync(answer, HttpStatusCode.Unauthorized, "unauthenticated");
        }

        // Two headers, the second without a colon: the web server itself refuses it, and would tell the line at this level.
        await SendRawAsync($"GET /v1/implantations?{Query} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {key}\r\nAuthorization Bearer {key}\r\n\r\n");
        await SendRawAsync($"{Query} {key}\r\n\r\n");

        var log = await _server.ReadLogAsync();
        Assert.Contains(" Trace ", log, StringComparison.Ordinal);
        Assert.Matches(Line("PUT", "/v1/blobs/{sha256}", 201, key), log);
        Assert.Matches(Line("POST", "/v1/implantations", 201, key), log);
        Assert.Matches(Line("POST", "/v1/implantations", 422, key), log);
        Assert.Matches(Line("GET", "/v1/implantations/{id}/events", 200, key), log);
        Assert.Matches($"GET /v1/implantations 401 [0-9]+ ms, key -, trace {Trace}", log);
        Assert.All(
            new[] { secret, second, "Wr0ngKey", "m4lformedS3cret", Hidden, Metadata, Query },
            text => Assert.DoesNotContain(text, log, StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Start_WithALevelThatIsNone_IsRefused()
    {
        var variables = new Dictionary<string, string> { ["ONESHOT_LOG_LEVEL"] = "loud" };
        var ended = await Support.OneShotProcess.RunAsync(variables, "serve", "--urls", "http://127.0.0.1:0", "--data", _server.Data + "-2");
        Assert.Equal(2, ended.ExitCode);
        Assert.Contains("ONESHOT_LOG_LEVEL names no level of a log.", ended.Error, StringComparison.Ordinal);
    }

    private static string Line(string method, string route, int status, string key) =>
        $"{method} {Regex.Escape(route)} {status} [0-9]+ ms, key {key.Split('_')[1]}, trace [0-9a-f]{{32}}";

    private async Task SendRawAsync(string text)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(_server.Client.BaseAddress!.Host, _server.Client.BaseAddress.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text));
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadToEndAsync(), StringComparison.Ordinal);
    }
}
