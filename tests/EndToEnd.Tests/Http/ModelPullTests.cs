using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.TestKit.Hub;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>A model that the server pulls from a host of this machine, and that a job then names.</summary>
public sealed class ModelPullTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();
    private TestHost _hub = null!;

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync()
    {
        _hub = await TestHost.StartAsync(Repository.TinyModel);
        await _server.StartAsync(new Dictionary<string, string> { ["ONESHOT_MODELS_URL"] = _hub.Address.ToString() }, "--allow-pull", "toys/*", "made/up");
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task Model_OfTheHost_IsPulledAndTrainedWith()
    {
        var wanted = JsonContent.Create(new { repository = "toys/tiny", name = "pulled" });
        using var begun = await Client.PostAsync("/v1/models", wanted);
        var pull = (await HttpServer.ReadAsync(begun))["pull"]!;
        Assert.Equal((HttpStatusCode.Accepted, "/v1/models/pulled"), (begun.StatusCode, begun.Headers.Location?.ToString()));
        Assert.Equal(("toys/tiny", "main"), ((string?)pull["repository"], (string?)pull["revision"]));

        var model = await EndAsync("pulled");

        Assert.Equal(("ready", 1), ((string?)model["pull"]!["state"], (int?)model["silos"]));
        Assert.Equal(_hub.Sent, (long?)model["pull"]!["bytes_done"]);
        var sent = _hub.Sent;
        using var again = await Client.PostAsync("/v1/models", wanted);
        Assert.Equal("ready", (string?)(await HttpServer.ReadAsync(again))["pull"]!["state"]);
        Assert.Equal(sent, _hub.Sent);
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 2);
        request["model"]!["name"] = "pulled";
        request["training"]!["resolution"] = 64;
        var id = (string)(await HttpServer.ReadAsync(await _server.SubmitAsync(request)))["id"]!;
        await foreach (var _ in new EventReader(Client, id).ReadAsync(0)) { }
        var status = await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{id}"));
        Assert.True((string?)status["state"] == "succeeded", status.ToJsonString());
    }

    [Fact]
    public async Task Model_ThatMayNotBePulled_OrIsNotThere_SaysSo()
    {
        await RefusedAsync(new { repository = "other/model" }, HttpStatusCode.Forbidden, "forbidden", "/repository");
        await RefusedAsync(new { repository = "http://169.254.169.254/x" }, HttpStatusCode.UnprocessableEntity, "invalid_input", "/repository");
        await RefusedAsync(new { repository = "toys/tiny", name = "toyworld-64" }, HttpStatusCode.Conflict, "conflict", "/name");
        await RefusedAsync(new { repository = "toys/tiny", base_url = "http://127.0.0.1" }, HttpStatusCode.UnprocessableEntity, "invalid_input", "/base_url");
        Assert.Empty(_hub.Requests);
        using var begun = await Client.PostAsync("/v1/models", JsonContent.Create(new { repository = "made/up" }));
        Assert.Equal(HttpStatusCode.Accepted, begun.StatusCode);

        var pull = (await EndAsync("up"))["pull"]!;

        Assert.Equal(("failed", "not_found"), ((string?)pull["state"], (string?)pull["error"]!["code"]));
    }

    private async Task RefusedAsync(object wanted, HttpStatusCode status, string code, string pointer)
    {
        using var refused = await Client.PostAsync("/v1/models", JsonContent.Create(wanted));
        var problem = await HttpServer.ProblemAsync(refused, status, code);
        Assert.Equal([pointer], problem["errors"]!.AsArray().Select(error => (string?)error!["pointer"]));
    }

    private async Task<JsonObject> EndAsync(string name)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            var model = await HttpServer.ReadAsync(await Client.GetAsync($"/v1/models/{name}", limit.Token));
            if ((string?)model["pull"]!["state"] != "pulling")
            {
                return model;
            }
        }
    }
}
