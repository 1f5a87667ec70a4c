using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>What is told of jobs before they end, or before they are: dry runs, places, the cluster's slots and queue.</summary>
public sealed class EstimatesOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task DryRun_BeforeAndAfterAJobOfItsKind_TellsWhatItTakesAndCreatesNothing()
    {
        var nothing = new string('0', 64);
        var unknown = await DryRunAsync(HttpServer.Request(nothing, nothing, steps: 2));
        Assert.Equal([nothing], unknown["missing_blobs"]!.AsArray().Select(hash => (string)hash!));
        Assert.Null(unknown["seconds"]);
        Assert.NotEmpty(unknown["warnings"]!.AsArray());

        await _server.RunAsync();
        var known = await DryRunAsync(HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 2));

        Assert.Equal(("cpu", 1), ((string?)known["device"], (int?)known["queue_position"]));
        Assert.Empty(known["missing_blobs"]!.AsArray());
        Assert.True((double?)known["seconds"]!["to"] > (double?)known["seconds"]!["from"], known.ToJsonString());
        Assert.Single((await HttpServer.ReadAsync(await Client.GetAsync("/v1/implantations")))["items"]!.AsArray());

        var foreign = HttpServer.Request(nothing, nothing);
        foreign["model"]!["name"] = "no-such-model";
        using var refused = await PostAsync("dry_run=true", foreign);
        var problem = await HttpServer.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity, "invalid_input");
        Assert.Equal("/model/name", (string?)problem["errors"]![0]!["pointer"]);
        using var mistyped = await PostAsync("dryrun=true", foreign);
        await HttpServer.ProblemAsync(mistyped, HttpStatusCode.UnprocessableEntity, "invalid_input");
        using var neither = await PostAsync("dry_run=yes", foreign);
        await HttpServer.ProblemAsync(neither, HttpStatusCode.UnprocessableEntity, "invalid_input");
    }

    [Fact]
    public async Task Cluster_OneJobRunsAndOneWaits_ShowsSlotQueueAndPlace()
    {
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 500);
        var running = (string)(await HttpServer.ReadAsync(await _server.SubmitAsync(request)))["id"]!;
        await foreach (var item in new EventReader(Client, running).ReadAsync(0))
        {
            if ((string?)item.Data["stage"] == "training" && (int?)item.Data["step"] >= 2)
            {
                break;
            }
        }

        var waiting = (string)(await HttpServer.ReadAsync(await _server.SubmitAsync(request)))["id"]!;

        var slot = Assert.Single((await HttpServer.ReadAsync(await Client.GetAsync("/v1/cluster/slots")))["slots"]!.AsArray())!;
        Assert.Equal(("cpu", "leased", running), ((string?)slot["device"], (string?)slot["state"], (string?)slot["job"]));
        var silo = Assert.Single((await HttpServer.ReadAsync(await Client.GetAsync("/v1/cluster/silos")))["silos"]!.AsArray())!;
        Assert.Equal((1, 0), ((int?)silo["slots"], (int?)silo["free"]));
        var queue = (await HttpServer.ReadAsync(await Client.GetAsync("/v1/cluster/queue")))["queue"]!.AsArray();
        Assert.Equal(waiting, (string?)Assert.Single(queue)!["id"]);
        Assert.Equal(1, (int?)(await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{waiting}")))["queue_position"]);
        Assert.NotNull((await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{running}")))["estimated_finish"]);
    }

    private async Task<JsonObject> DryRunAsync(JsonNode body)
    {
        using var answer = await PostAsync("dry_run=true", body);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return await HttpServer.ReadAsync(answer);
    }

    private Task<HttpResponseMessage> PostAsync(string query, JsonNode body) => Client.PostAsync($"/v1/implantations?{query}", JsonContent.Create(body));
}
