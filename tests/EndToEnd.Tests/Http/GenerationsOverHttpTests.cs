using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Pictures over HTTP, with an implantation and without.</summary>
public sealed class GenerationsOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();
    private readonly TestFolder _folder = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Generation_WithAnImplantation_IsWhatTheCommandDraws()
    {
        var implantation = (string)(await _server.RunAsync())["id"]!;
        using var submitted = await SubmitAsync(Request(implantation), "the-key");
        var body = await HttpServer.ReadAsync(submitted);
        Assert.True(submitted.StatusCode == HttpStatusCode.Created, body.ToJsonString());
        var location = submitted.Headers.Location!.ToString();
        Assert.Equal($"/v1/generations/{body["id"]}", location);
        using var again = await SubmitAsync(Request(implantation), "the-key");
        Assert.Equal(["true"], again.Headers.GetValues("Idempotency-Replayed"));

        var events = await new EventReader(Client, (string)body["id"]!, "generations").ReadAsync(0).ToListAsync();

        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(item => item.Id));
        Assert.Equal(("done", "succeeded"), (events[^1].Name, (string?)events[^1].Data["stage"]));
        Assert.DoesNotContain(events, item => (string?)item.Data["stage"] == "training");
        Assert.Contains(events, item => (string?)item.Data["message"] == "picture 4 of 4 is drawn: 0004.png");
        Assert.Equal(((int?)events[^1].Data["step"], true), ((int?)events[^1].Data["steps"], (int?)events[^1].Data["step"] >= 3));

        var files = (await HttpServer.ReadAsync(await Client.GetAsync($"{location}/files")))["items"]!.AsArray();
        Assert.Equal(["manifest.json", "0001.png", "0002.png", "0003.png", "0004.png", "request.json"], files.Select(file => (string)file!["path"]!));
        var manifest = await Client.GetFromJsonAsync<JsonObject>($"{location}/files/manifest.json");
        Assert.Equal("generation", (string?)manifest!["kind"]);
        await DrawAsync(implantation, (string)manifest["options"]!["precision"]!);
        foreach (var file in files.Where(file => ((string)file!["path"]!).EndsWith(".png", StringComparison.Ordinal)))
        {
            var bytes = await Client.GetByteArrayAsync($"{location}/files/{file!["path"]}");
            Assert.Equal((string?)file["sha256"], Convert.ToHexStringLower(SHA256.HashData(bytes)));
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(_folder.Out, (string)file["path"]!)), bytes);
        }

        // A job of one kind is none of the other.
        await AssertAsync(await Client.GetAsync($"/v1/implantations/{body["id"]}"), HttpStatusCode.NotFound, "not_found");
        await AssertAsync(await Client.GetAsync($"/v1/generations/{implantation}/files"), HttpStatusCode.NotFound, "not_found");
        Assert.Equal(implantation, Only(await HttpServer.ReadAsync(await Client.GetAsync("/v1/implantations"))));
        Assert.Equal((string?)body["id"], Only(await HttpServer.ReadAsync(await Client.GetAsync("/v1/generations?state=succeeded"))));

        using var deleted = await Client.DeleteAsync(location);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        await AssertAsync(await Client.GetAsync($"{location}/events"), HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Generation_OfWhatCanNotBe_NamesTheFieldAtFault()
    {
        var training = (string)
            (
                await HttpServer.ReadAsync(
                    await _server.SubmitAsync(HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), 500))
                )
            )["id"]!;
        await RefusedAsync(Request(training), HttpStatusCode.Conflict, "conflict", "/implantations/0/id");
        await RefusedAsync(Request("nobodys"), HttpStatusCode.NotFound, "not_found", "/implantations/0/id");
        var wrong = Request("nobodys");
        (wrong["steps"], wrong["prompts"], wrong["scheduler"]) = (0, new JsonArray(), "magic");
        await RefusedAsync(wrong, HttpStatusCode.UnprocessableEntity, "invalid_input", "/prompts", "/scheduler", "/steps");
        var unknown = Request("nobodys");
        (unknown["image"], unknown["implantations"]![0]!["weight"]) = ("x", 1);
        await RefusedAsync(unknown, HttpStatusCode.UnprocessableEntity, "invalid_input", "/image", "/implantations/0/weight");

        // It waits for the slot that the training holds, and leaves the queue.
        var plain = Request("nobodys");
        plain.Remove("implantations");
        var waiting = await HttpServer.ReadAsync(await SubmitAsync(plain));
        Assert.Equal("queued", (string?)waiting["state"]);
        var cancelled = await HttpServer.ReadAsync(await Client.PostAsync($"/v1/generations/{waiting["id"]}/cancel", null));
        Assert.Equal("cancelled", (string?)cancelled["state"]);
        await AssertAsync(await Client.PostAsync($"/v1/generations/{training}/cancel", null), HttpStatusCode.NotFound, "not_found");
    }

    private static JsonObject Request(string implantation) =>
        new()
        {
            ["model"] = new JsonObject { ["name"] = "toyworld-64" },
            ["implantations"] = new JsonArray(new JsonObject { ["id"] = implantation }),
            ["prompts"] = new JsonArray("a <cat> in the snow", "a cat on the beach"),
            ["negative_prompt"] = "blurred",
            ["per_prompt"] = 2,
            ["steps"] = 3,
            ["scheduler"] = "ddim",
            ["seed"] = 7,
        };

    /// <summary>Draws the same with the command, in a process of its own.</summary>
    private async Task DrawAsync(string implantation, string precision) =>
        (
            await OneShotProcess.RunAsync(
                "generate",
                "--implantation",
                implantation,
                "--prompt",
                "a <cat> in the snow",
                "--prompt",
                "a cat on the beach",
                "--negative",
                "blurred",
                "--count",
                "2",
                "--steps",
                "3",
                "--scheduler",
                "ddim",
                "--seed",
                "7",
                "--precision",
                precision,
                "--out",
                _folder.Out,
                "--data",
                _server.Data
            )
        ).Expect(0);

    private async Task<HttpResponseMessage> SubmitAsync(JsonNode body, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/generations") { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return await Client.SendAsync(request);
    }

    private async Task RefusedAsync(JsonNode body, HttpStatusCode status, string code, params string[] pointers)
    {
        using var answer = await SubmitAsync(body);
        var problem = await HttpServer.ProblemAsync(answer, status, code);
        Assert.Equal(pointers, problem["errors"]!.AsArray().Select(error => (string)error!["pointer"]!).Order(StringComparer.Ordinal));
    }

    private static async Task AssertAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        await HttpServer.ProblemAsync(answer, status, code);
        answer.Dispose();
    }

    private static string? Only(JsonObject list) => (string?)Assert.Single(list["items"]!.AsArray())!["id"];
}
