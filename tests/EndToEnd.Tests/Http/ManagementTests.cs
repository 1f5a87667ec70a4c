using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary><c>serve --management-urls</c>: how a process is, on a listener of its own.</summary>
public sealed class ManagementTests : IDisposable
{
    private readonly TestFolder _folder = new();
    private readonly HttpClient _client = new();

    [Fact]
    public async Task Listeners_OfOneProcess_ShareNoPath()
    {
        await using var server = new HttpServer();
        await server.StartAsync(new Dictionary<string, string>(), "--management-urls", "http://127.0.0.1:0");
        var management = server.Management;
        await server.ReadyAsync();

        Assert.Equal(["process"], Names(await GetAsync($"{management}/healthz/live", HttpStatusCode.OK)));
        Assert.Equal(["start"], Names(await GetAsync($"{management}/healthz/startup", HttpStatusCode.OK)));
        Assert.Equal(["start", "silo"], Names(await GetAsync($"{management}/healthz/ready", HttpStatusCode.OK)));
        foreach (var path in new[] { "/v1/implantations", "/v1/keys", "/openapi/v1.json", "/healthz", "/" })
        {
            using var absent = await _client.GetAsync($"{management}{path}");
            Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        }

        foreach (var path in new[] { "/healthz/live", "/healthz/ready", "/healthz/startup", "/metrics" })
        {
            using var absent = await server.Client.GetAsync(path);
            await HttpServer.ProblemAsync(absent, HttpStatusCode.NotFound, "not_found");
        }

        Assert.Contains("oneshot_build_info", await _client.GetStringAsync($"{management}/metrics"), StringComparison.Ordinal);

        // With the key of nobody, as a probe comes.
        await server.AddKeyAsync("operator", "admin");
        await GetAsync($"{management}/healthz/ready", HttpStatusCode.OK);
    }

    [Fact]
    public async Task Ready_OfASiloWhoseRedisIsAway_SaysSoWhileItLives()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var silo = OneShotProcess.Start([
            "serve",
            "--role",
            "control",
            "--management-urls",
            "http://127.0.0.1:0",
            "--cluster",
            redis.Address,
            "--data",
            _folder.Data,
        ]);
        var management = HttpServer.ManagementIn(await silo.SaysAsync(HttpServer.TellsOfHealth));
        await silo.ReadyAsync();
        Assert.Equal(["start", "silo", "redis"], Names(await GetAsync($"{management}/healthz/ready", HttpStatusCode.OK)));

        await redis.KillAsync();

        var sick = await GetAsync($"{management}/healthz/ready", HttpStatusCode.ServiceUnavailable);
        Assert.Equal("unhealthy", (string?)sick["checks"]!["redis"]!["status"]);
        Assert.NotEmpty((string?)sick["checks"]!["redis"]!["detail"] ?? "");
        await GetAsync($"{management}/healthz/live", HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("ftp://127.0.0.1:1", "ftp://127.0.0.1:1 is no address to listen at.")]
    [InlineData("http://192.0.2.1:9464", "This machine can't listen at http://192.0.2.1:9464: ")]
    public async Task Start_AtAnAddressThatCantBeOne_IsRefused(string url, string message)
    {
        foreach (var option in new[] { "--urls", "--management-urls" })
        {
            var ended = await OneShotProcess.RunAsync("serve", option, url, "--data", _folder.Data);
            // The API's listener would have refused an address of others for want of a key.
            var expected = option == "--urls" && url.StartsWith("http:", StringComparison.Ordinal) ? "Others could reach http://192.0.2.1:9464" : message;
            Assert.Equal(2, ended.ExitCode);
            Assert.Contains(expected, ended.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Start_AtAPortThatIsTaken_IsRefusedBeforeTheSiloStarts()
    {
        using var other = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var url = $"http://{other.LocalEndpoint}";
        var ended = await OneShotProcess.RunAsync("serve", "--management-urls", url, "--data", _folder.Data);
        Assert.Equal(1, ended.ExitCode);
        Assert.Contains($"Another program listens at {url}.", ended.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_folder.Data, "oneshot.db")));
    }

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private static IEnumerable<string> Names(JsonObject document) => document["checks"]!.AsObject().Select(check => check.Key);

    private async Task<JsonObject> GetAsync(string url, HttpStatusCode status)
    {
        using var answer = await _client.GetAsync(url);
        var document = (await answer.Content.ReadFromJsonAsync<JsonObject>())!;
        Assert.True(answer.StatusCode == status, document.ToJsonString());
        Assert.Equal(status == HttpStatusCode.OK ? "healthy" : "unhealthy", (string?)document["status"]);
        return document;
    }
}
