using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>What HTTP refuses, and how it says so.</summary>
public sealed class RefusalsOverHttpTests : IAsyncLifetime
{
    private const string Nothing = "0000000000000000000000000000000000000000000000000000000000000000";
    private readonly HttpServer _server = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Submit_WithWhatIsWrong_NamesEveryField()
    {
        var unknown = HttpServer.Request(Nothing, Nothing);
        unknown["training"]!["stepz"] = 3;
        unknown["objects"]![0]!["colour"] = "red";
        await RefusedAsync(unknown, HttpStatusCode.UnprocessableEntity, "invalid_input", "/objects/0/colour", "/training/stepz");

        var wrong = HttpServer.Request(Nothing, "mask.png");
        wrong["training"]!["steps"] = -1;
        wrong["name"] = "a/b";
        await RefusedAsync(wrong, HttpStatusCode.UnprocessableEntity, "invalid_input", "/name", "/objects/0/mask", "/training/steps");

        await RefusedAsync(HttpServer.Request(Nothing, Nothing), HttpStatusCode.Conflict, "blob_missing", "/image", "/objects/0/mask");

        var dotted = HttpServer.Request(Nothing, Nothing);
        dotted["metadata"] = new JsonObject { ["shop.order"] = "a\nb" };
        await RefusedAsync(dotted, HttpStatusCode.UnprocessableEntity, "invalid_input", "/metadata/shop.order");
        dotted["metadata"] = new JsonObject { ["shop.order"] = 5 };
        await RefusedAsync(dotted, HttpStatusCode.UnprocessableEntity, "invalid_input", "/metadata/shop.order");
        var slashed = HttpServer.Request(Nothing, Nothing);
        slashed["a.b/c"] = 1;
        await RefusedAsync(slashed, HttpStatusCode.UnprocessableEntity, "invalid_input", "/a.b~1c");
    }

    [Fact]
    public async Task List_WithParametersThatAreNone_NamesEachOfThem()
    {
        using var answer = await Client.GetAsync("/v1/implantations?stat=failed&limit=0&metadata.a.b=x&metadata.a.b=y&metadata.-=z");

        var problem = await HttpServer.ProblemAsync(answer, HttpStatusCode.UnprocessableEntity, "invalid_input");
        Assert.Equal(
            ["limit", "metadata", "metadata.a.b", "stat"],
            problem["errors"]!.AsArray().Select(error => (string)error!["pointer"]!).Order(StringComparer.Ordinal)
        );
    }

    [Theory]
    [InlineData("{", "application/json", HttpStatusCode.UnprocessableEntity, "invalid_input")]
    [InlineData("[]", "application/json", HttpStatusCode.UnprocessableEntity, "invalid_input")]
    [InlineData("{}", "application/json", HttpStatusCode.UnprocessableEntity, "invalid_input")]
    [InlineData("{}", "text/plain", HttpStatusCode.UnsupportedMediaType, "invalid_input")]
    public async Task Submit_OfNoSuchDocument_IsRefused(string body, string type, HttpStatusCode status, string code)
    {
        using var answer = await Client.PostAsync("/v1/implantations", new StringContent(body, Encoding.UTF8, type));

        await HttpServer.ProblemAsync(answer, status, code);
    }

    [Fact]
    public async Task Upload_OfWhatItIsNot_IsRefusedAndSeenByNobody()
    {
        using var wrong = await Client.PutAsync($"/v1/blobs/{Nothing}", new ByteArrayContent([1, 2, 3]));
        await HttpServer.ProblemAsync(wrong, HttpStatusCode.UnprocessableEntity, "invalid_input");
        using var absent = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v1/blobs/{Nothing}"));
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        using var noHash = await Client.PutAsync("/v1/blobs/cat.png", new ByteArrayContent([1]));
        await HttpServer.ProblemAsync(noHash, HttpStatusCode.UnprocessableEntity, "invalid_input");
    }

    [Fact]
    public async Task Upload_ThatIsTooLarge_IsRefusedBeforeItIsRead()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/v1/blobs/{Nothing}") { Content = new UnreadContent(65L << 20) };
        request.Headers.ExpectContinue = true;

        using var answer = await Client.SendAsync(request);

        await HttpServer.ProblemAsync(answer, HttpStatusCode.RequestEntityTooLarge, "limit");
    }

    [Fact]
    public async Task Calls_OnceKeysExist_NeedOneThatMay()
    {
        var admin = await _server.AddKeyAsync("operator", "admin");
        var shop = await _server.AddKeyAsync("shop", "jobs:read,jobs:write");

        _server.UseKey(null);
        await AssertAsync(await Client.GetAsync("/v1/implantations"), HttpStatusCode.Unauthorized, "unauthenticated");
        _server.UseKey(shop[..^1] + (shop[^1] == 'a' ? 'b' : 'a'));
        await AssertAsync(await Client.GetAsync("/v1/implantations"), HttpStatusCode.Unauthorized, "unauthenticated");
        _server.UseKey(admin);
        await AssertAsync(await Client.GetAsync("/v1/implantations"), HttpStatusCode.Forbidden, "forbidden");

        _server.UseKey(shop);
        var hash = await _server.UploadAsync("cat.png");
        var job = (string)
            (await HttpServer.ReadAsync(await _server.SubmitAsync(HttpServer.Request(hash, await _server.UploadAsync("cat-mask.png"), 500))))["id"]!;
        await AssertAsync(await Client.GetAsync("/v1/keys"), HttpStatusCode.Forbidden, "forbidden");
        var webhook = (string)
            (await HttpServer.ReadAsync(await Client.PostAsync("/v1/webhooks", JsonContent.Create(new { url = "https://example.com/" }))))["webhook"]!["id"]!;
        await AssertAsync(await Client.GetAsync("/v1/cluster/queue"), HttpStatusCode.Forbidden, "forbidden");
        await AssertAsync(await Client.PostAsync("/v1/models", null), HttpStatusCode.Forbidden, "forbidden");

        _server.UseKey(admin);
        await AssertAsync(await Client.GetAsync("/v1/webhooks"), HttpStatusCode.Forbidden, "forbidden");
        await AssertAsync(await Client.DeleteAsync($"/v1/webhooks/{webhook}"), HttpStatusCode.Forbidden, "forbidden");
        var made = await HttpServer.ReadAsync(
            await Client.PostAsync(
                "/v1/keys",
                JsonContent.Create(
                    new
                    {
                        owner = "rival",
                        name = "spy",
                        scopes = new[] { "jobs:read", "jobs:write" },
                    }
                )
            )
        );
        _server.UseKey((string)made["secret"]!);
        await AssertAsync(await Client.GetAsync($"/v1/implantations/{job}"), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.GetAsync($"/v1/implantations/{job}/events"), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.PostAsync($"/v1/implantations/{job}/cancel", null), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.GetAsync($"/v1/webhooks/{webhook}"), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.DeleteAsync($"/v1/webhooks/{webhook}"), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.PostAsync($"/v1/implantations/{job}/retry", null), HttpStatusCode.NotFound, "not_found");
        using var foreign = await Client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/v1/blobs/{hash}"));
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        await RefusedAsync(HttpServer.Request(hash, hash), HttpStatusCode.Conflict, "blob_missing", "/image", "/objects/0/mask");

        _server.UseKey(admin);
        using var revoked = await Client.DeleteAsync($"/v1/keys/{made["key"]!["id"]}");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        _server.UseKey((string)made["secret"]!);
        await AssertAsync(await Client.GetAsync("/v1/implantations"), HttpStatusCode.Unauthorized, "unauthenticated");
    }

    private async Task RefusedAsync(JsonNode body, HttpStatusCode status, string code, params string[] pointers)
    {
        using var answer = await _server.SubmitAsync(body);
        var problem = await HttpServer.ProblemAsync(answer, status, code);
        Assert.Equal(pointers, problem["errors"]!.AsArray().Select(error => (string)error!["pointer"]!).Order(StringComparer.Ordinal));
    }

    private static async Task AssertAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        await HttpServer.ProblemAsync(answer, status, code);
        answer.Dispose();
    }

    /// <summary>A body that says how long it is, and fails when somebody reads it.</summary>
    private sealed class UnreadContent(long bytes) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            throw new InvalidOperationException("The body was asked for.");

        protected override bool TryComputeLength(out long length)
        {
            length = bytes;
            return true;
        }
    }
}
