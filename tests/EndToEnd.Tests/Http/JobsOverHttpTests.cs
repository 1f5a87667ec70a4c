using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>A job over HTTP, from its photo to its files.</summary>
public sealed class JobsOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Job_SubmittedAndFollowedAcrossALostConnection_GivesItsFilesAndGoes()
    {
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"));
        using var submitted = await _server.SubmitAsync(request, "first");
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        var location = submitted.Headers.Location!.ToString();
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        Assert.Equal($"/v1/implantations/{id}", location);

        var seen = await FollowAsync(id);

        Assert.Equal(Enumerable.Range(1, seen.Count).Select(n => (long)n), seen.Select(item => item.Id));
        Assert.Equal(["done"], seen.Where(item => item.Name == "done").Select(item => item.Name));
        Assert.Equal(("done", "succeeded"), (seen[^1].Name, (string?)seen[^1].Data["stage"]));
        Assert.Contains(seen, item => item.Name == "state" && (string?)item.Data["stage"] == "training");
        var again = new EventReader(Client, id);
        Assert.Empty(await again.ReadAsync(seen.Count).ToListAsync());
        Assert.Equal(HttpStatusCode.NoContent, again.Status);

        await AssertFilesAsync(location);
        using var deleted = await Client.DeleteAsync(location);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        using var gone = await Client.GetAsync(location);
        await HttpServer.ProblemAsync(gone, HttpStatusCode.NotFound, "not_found");
    }

    [Fact]
    public async Task Submit_WithAKeyThatWasUsed_GivesTheSameJobOrRefuses()
    {
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 200);
        request["metadata"] = new System.Text.Json.Nodes.JsonObject { ["shop.order"] = "7", ["run"] = "a b" };
        using var first = await _server.SubmitAsync(request, "the-key");
        using var second = await _server.SubmitAsync(request, "the-key");
        using var other = await _server.SubmitAsync(HttpServer.Request((string)request["image"]!, (string)request["objects"]![0]!["mask"]!, 201), "the-key");

        var id = (string?)(await HttpServer.ReadAsync(first))["id"];
        Assert.Equal(id, (string?)(await HttpServer.ReadAsync(second))["id"]);
        Assert.False(first.Headers.Contains("Idempotency-Replayed"));
        Assert.Equal(["true"], second.Headers.GetValues("Idempotency-Replayed"));
        await HttpServer.ProblemAsync(other, HttpStatusCode.UnprocessableEntity, "conflict");

        using var running = await Client.PostAsync($"/v1/implantations/{id}/retry", null);
        await HttpServer.ProblemAsync(running, HttpStatusCode.Conflict, "conflict");
        using var early = await Client.DeleteAsync($"/v1/implantations/{id}");
        await HttpServer.ProblemAsync(early, HttpStatusCode.Conflict, "conflict");
        using var cancelled = await Client.PostAsync($"/v1/implantations/{id}/cancel", null);
        Assert.Equal("cancelled", (string?)(await HttpServer.ReadAsync(cancelled))["state"]);
        var list = await HttpServer.ReadAsync(await Client.GetAsync("/v1/implantations?state=cancelled&metadata.shop.order=7&metadata.run=a%20b"));
        Assert.Equal(id, (string?)Assert.Single(list["items"]!.AsArray())!["id"]);
        Assert.False(list.ContainsKey("next"));
        var none = await HttpServer.ReadAsync(await Client.GetAsync("/v1/implantations?metadata.shop.order=7&metadata.run=A%20B"));
        Assert.Empty(none["items"]!.AsArray());
    }

    [Fact]
    public async Task Retry_OfACancelledJob_RunsItUnderItsIdAndItsEventsHaveOneEnd()
    {
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 40);
        using var submitted = await _server.SubmitAsync(request);
        var id = (string)(await HttpServer.ReadAsync(submitted))["id"]!;
        using var cancelled = await Client.PostAsync($"/v1/implantations/{id}/cancel", null);
        Assert.Equal("cancelled", (string?)(await HttpServer.ReadAsync(cancelled))["state"]);
        var before = await new EventReader(Client, id).ReadAsync(0).ToListAsync();
        Assert.Equal("done", before[^1].Name);

        using var retried = await Client.PostAsync($"/v1/implantations/{id}/retry", null);

        var status = await HttpServer.ReadAsync(retried);
        Assert.Equal((id, "queued", 1), ((string?)status["id"], (string?)status["state"], (int?)status["retries"]));
        var after = await new EventReader(Client, id).ReadAsync(before.Count).ToListAsync();
        Assert.Equal("succeeded", (string?)after[^1].Data["stage"]);
        var all = await new EventReader(Client, id).ReadAsync(0).ToListAsync();
        Assert.Equal(Enumerable.Range(1, before.Count + after.Count).Select(n => (long)n), all.Select(item => item.Id));
        Assert.Equal("cancelled", (string?)all[before.Count - 1].Data["stage"]);
        Assert.Equal([all.Count - 1], all.Select((item, i) => (item.Name, i)).Where(item => item.Name == "done").Select(item => item.i));
        using var again = await Client.PostAsync($"/v1/implantations/{id}/retry", null);
        await HttpServer.ProblemAsync(again, HttpStatusCode.Conflict, "conflict");
    }

    /// <summary>Follows to the end, and loses the connection on the way.</summary>
    private async Task<List<(long Id, string Name, System.Text.Json.Nodes.JsonObject Data)>> FollowAsync(string id)
    {
        List<(long Id, string Name, System.Text.Json.Nodes.JsonObject Data)> seen = [];
        await foreach (var item in new EventReader(Client, id).ReadAsync(0))
        {
            seen.Add(item);
            if ((string?)item.Data["stage"] == "training")
            {
                break;
            }
        }

        await foreach (var item in new EventReader(Client, id).ReadAsync(seen.Count))
        {
            seen.Add(item);
        }

        return seen;
    }

    private async Task AssertFilesAsync(string location)
    {
        var files = (await HttpServer.ReadAsync(await Client.GetAsync($"{location}/files")))["items"]!.AsArray();
        Assert.Contains(files, file => (string?)file!["path"] == "manifest.json");
        Assert.Contains(files, file => (string?)file!["path"] == "cat.safetensors");
        foreach (var file in files)
        {
            using var answer = await Client.GetAsync($"{location}/files/{file!["path"]}");
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            Assert.Equal((string?)file["sha256"], Convert.ToHexStringLower(SHA256.HashData(bytes)));
            Assert.Equal($"\"{file["sha256"]}\"", answer.Headers.ETag?.Tag);
        }

        using var part = new HttpRequestMessage(HttpMethod.Get, $"{location}/files/cat.safetensors");
        part.Headers.Range = new RangeHeaderValue(8, 15);
        using var ranged = await Client.SendAsync(part);
        Assert.Equal(HttpStatusCode.PartialContent, ranged.StatusCode);
        Assert.Equal(8, (await ranged.Content.ReadAsByteArrayAsync()).Length);
        using var outside = await Client.GetAsync($"{location}/files/..%2f..%2frequest.json");
        await HttpServer.ProblemAsync(outside, HttpStatusCode.NotFound, "not_found");
    }
}
