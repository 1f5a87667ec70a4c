using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>A photo and a box are enough: the server cuts the mask, and tells how like the photo its previews are.</summary>
public sealed class BoxOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Submit_BoxAndPreviews_TrainsWithAMaskThatLiesBesideTheResult()
    {
        var request = await RequestAsync(20, 20, 220, 230);
        request["training"]!["preview_every"] = 4;
        var (events, status) = await RunAsync(request);

        Assert.Equal("succeeded", (string?)status["state"]);
        Assert.Equal([20, 20, 220, 230], status["request"]!["objects"]![0]!["box"]!.AsArray().Select(number => (int)number!));
        var previews = events.Where(item => item.Name == "preview").Select(item => item.Data).ToList();
        Assert.Equal([4, 8], previews.Select(preview => (int)preview["step"]!));
        Assert.All(previews, preview => Assert.InRange((double)preview["metrics"]!["objects"]![0]!["ia_object"]!, -1, 1));
        var id = (string)status["id"]!;
        var made = await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{id}/files/request.json"));
        using var mask = await Client.GetAsync($"/v1/implantations/{id}/files/mask.png");
        Assert.Equal($"\"{(string?)made["objects"]![0]!["mask"]}\"", mask.Headers.ETag?.Tag);

        // A run of other numbers of steps tells of one that leaves them to the model.
        request["training"]!.AsObject().Remove("steps");
        using var estimate = await Client.PostAsync("/v1/implantations?dry_run=true", JsonContent.Create(request));
        Assert.NotNull((await HttpServer.ReadAsync(estimate))["seconds"]);
    }

    [Fact]
    public async Task Submit_BoxThatCanNotBe_IsRefusedOrFailsByItsField()
    {
        var (_, status) = await RunAsync(await RequestAsync(200, 200, 100, 100));
        Assert.Equal(("failed", "objects[0].box"), ((string?)status["state"], (string?)status["error"]!["field"]));
        Assert.Contains("256 x 256", (string?)status["error"]!["message"], StringComparison.Ordinal);

        var both = await RequestAsync(20, 20, 220, 230);
        both["objects"]![0]!["mask"] = new string('0', 64);
        using var refused = await _server.SubmitAsync(both);
        var problem = await HttpServer.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity, "invalid_input");
        Assert.Equal("/objects/0/box", (string?)Assert.Single(problem["errors"]!.AsArray())!["pointer"]);
    }

    private async Task<JsonObject> RequestAsync(int x, int y, int width, int height)
    {
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), "");
        request["objects"]![0]!.AsObject().Remove("mask");
        request["objects"]![0]!["box"] = new JsonArray(x, y, width, height);
        return request;
    }

    private async Task<(List<(long Id, string Name, JsonObject Data)> Events, JsonObject Status)> RunAsync(JsonObject request)
    {
        using var submitted = await _server.SubmitAsync(request);
        Assert.True(submitted.StatusCode == HttpStatusCode.Created, await submitted.Content.ReadAsStringAsync());
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        var events = new List<(long Id, string Name, JsonObject Data)>();
        await foreach (var item in new EventReader(Client, id).ReadAsync(0))
        {
            events.Add(item);
        }

        return (events, await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{id}")));
    }
}
