using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Webhooks over HTTP, from the one that is made to the message that arrives.</summary>
public sealed class WebhooksOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();
    private WebhookReceiver _receiver = null!;

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync()
    {
        _receiver = await WebhookReceiver.StartAsync();
        await _server.StartAsync("--webhook-allow", "127.0.0.1");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _receiver.DisposeAsync();
    }

    [Fact]
    public async Task Job_Ends_ItsOwnersWebhookIsTold()
    {
        using var made = await AddAsync(new JsonObject { ["url"] = _receiver.Address.ToString(), ["description"] = "mine" });
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("no-store", made.Headers.CacheControl?.ToString());
        var document = await HttpServer.ReadAsync(made);
        var (location, secret) = (made.Headers.Location!.ToString(), (string)document["secret"]!);
        Assert.Equal($"/v1/webhooks/{document["webhook"]!["id"]}", location);

        var status = await _server.RunAsync();
        var message = await _receiver.NextAsync();

        Assert.True(await message.IsSignedAsync(secret));
        Assert.True(await IsSignedAsDocumentedAsync(message, secret));
        Assert.False(await IsSignedAsDocumentedAsync(message with { Body = [.. message.Body, (byte)' '] }, secret));
        Assert.Equal(("implantation.succeeded", (string?)status["id"]), ((string?)message.Json["type"], (string?)message.Json["data"]!["id"]));
        var webhook = await WhenDeliveredAsync(location);
        Assert.DoesNotContain(secret, webhook.ToJsonString(), StringComparison.Ordinal);
        var delivery = Assert.Single(webhook["deliveries"]!.AsArray())!;
        Assert.Equal(
            (message.Id, (string?)status["id"], 1, 204),
            ((string?)delivery["id"], (string?)delivery["job"], (int?)delivery["attempts"], (int?)delivery["response_status"])
        );

        var list = await HttpServer.ReadAsync(await Client.GetAsync("/v1/webhooks"));
        var listed = Assert.Single(list["items"]!.AsArray())!.AsObject();
        Assert.Equal("mine", (string?)listed["description"]);
        Assert.False(listed.ContainsKey("secret"));
        Assert.Empty(listed["deliveries"]!.AsArray());
        using var deleted = await Client.DeleteAsync(location);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await Client.GetAsync(location);
        await HttpServer.ProblemAsync(gone, HttpStatusCode.NotFound, "not_found");
    }

    [Theory]
    [InlineData("""{"url": "http://169.254.169.254/latest"}""", "/url")]
    [InlineData("""{"url": "https://127.0.0.2/"}""", "/url")]
    [InlineData("""{"url": "https://localhost/"}""", "/url")]
    [InlineData("""{"url": "http://example.com/"}""", "/url")]
    [InlineData("""{"url": "nonsense", "events": ["implantation.begun"]}""", "/url", "/events/0")]
    [InlineData("""{"url": "https://example.com/", "events": []}""", "/events")]
    [InlineData("""{"url": "https://example.com/", "secret": "mine"}""", "/secret")]
    public async Task Add_OutOfRange_NamesTheFields(string body, params string[] pointers)
    {
        using var answer = await AddAsync(JsonNode.Parse(body)!);
        var problem = await HttpServer.ProblemAsync(answer, HttpStatusCode.UnprocessableEntity, "invalid_input");
        Assert.Equal(pointers, problem["errors"]!.AsArray().Select(error => (string?)error!["pointer"]));
    }

    private Task<HttpResponseMessage> AddAsync(JsonNode body) => Client.PostAsync("/v1/webhooks", JsonContent.Create(body));

    /// <summary>As docs/HTTP.md tells people to look.</summary>
    private static async Task<bool> IsSignedAsDocumentedAsync(ReceivedWebhook message, string secret)
    {
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "HTTP.md"));
        var verify = page.Split("```bash\n").Select(part => part.Split("```")[0]).Single(block => block.Contains("verify()", StringComparison.Ordinal));
        using var shell = Process.Start(
            new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", verify + "verify \"$@\"", "sh", message.Id])
            {
                ArgumentList = { message.Headers["webhook-timestamp"], message.Headers["webhook-signature"] },
                RedirectStandardInput = true,
                Environment = { ["SECRET"] = secret },
            }
        )!;
        await shell.StandardInput.BaseStream.WriteAsync(message.Body);
        shell.StandardInput.Close();
        await shell.WaitForExitAsync();
        return shell.ExitCode == 0;
    }

    private async Task<JsonObject> WhenDeliveredAsync(string location)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (true)
        {
            var webhook = await HttpServer.ReadAsync(await Client.GetAsync(location, limit.Token));
            if ((string?)webhook["deliveries"]![0]!["status"] == "delivered")
            {
                return webhook;
            }
        }
    }
}
