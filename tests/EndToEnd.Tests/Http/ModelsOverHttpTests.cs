using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>Models over HTTP: what there is, and one that is uploaded in parts and trained with.</summary>
public sealed class ModelsOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();

    private HttpClient Client => _server.Client;

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Model_UploadedInParts_IsListedAndTrainedWith()
    {
        var shipped = (await HttpServer.ReadAsync(await Client.GetAsync("/v1/models")))["items"]!.AsArray();
        Assert.Equal(("toyworld-64", true, false), Show(Assert.Single(shipped)!));
        var files = await HashAsync();
        var upload = new JsonObject
        {
            ["name"] = "toy-copy",
            ["files"] = new JsonArray([
                .. files.Select(file => new JsonObject
                {
                    ["path"] = file.Path,
                    ["bytes"] = file.Bytes.Length,
                    ["sha256"] = file.Hash,
                }),
            ]),
        };

        var missing = await HttpServer.ReadAsync(await Client.PostAsync("/v1/models", JsonContent.Create(upload)));
        Assert.Equal(files.Select(file => file.Hash).Distinct(), missing["missing"]!.AsArray().Select(file => (string)file!["sha256"]!));
        using var early = await Client.PostAsync("/v1/models/toy-copy/complete", JsonContent.Create(upload));
        await HttpServer.ProblemAsync(early, HttpStatusCode.Conflict, "blob_missing");
        foreach (var (_, bytes, hash) in files)
        {
            using var put = await Client.PutAsync($"/v1/models/toy-copy/parts/{hash}?offset=0", new ByteArrayContent(bytes));
            Assert.Equal(HttpStatusCode.NoContent, put.StatusCode);
        }

        using var completed = await Client.PostAsync("/v1/models/toy-copy/complete", JsonContent.Create(upload));

        Assert.Equal(HttpStatusCode.Created, completed.StatusCode);
        Assert.Equal("/v1/models/toy-copy", completed.Headers.Location?.ToString());
        var model = await HttpServer.ReadAsync(await Client.GetAsync("/v1/models/toy-copy"));
        Assert.Equal(("toy-copy", false, true), Show(model));
        Assert.Equal(files.Sum(file => (long)file.Bytes.Length), (long?)model["bytes"]);
        Assert.Equal(files.Count, model["files"]!.AsArray().Count);
        var request = HttpServer.Request(await _server.UploadAsync("cat.png"), await _server.UploadAsync("cat-mask.png"), steps: 2);
        request["model"]!["name"] = "toy-copy";
        var id = (string)(await HttpServer.ReadAsync(await _server.SubmitAsync(request)))["id"]!;
        await foreach (var _ in new EventReader(Client, id).ReadAsync(0)) { }
        var status = await HttpServer.ReadAsync(await Client.GetAsync($"/v1/implantations/{id}"));
        Assert.True((string?)status["state"] == "succeeded", status.ToJsonString());
    }

    [Fact]
    public async Task Upload_OfWhatIsNoModel_IsRefused()
    {
        var hash = new string('a', 64);
        var pickle = new
        {
            name = "evil",
            files = new[]
            {
                new
                {
                    path = "unet/weights.bin",
                    bytes = 1,
                    sha256 = hash,
                },
            },
        };
        using var refused = await Client.PostAsync("/v1/models", JsonContent.Create(pickle));
        var problem = await HttpServer.ProblemAsync(refused, HttpStatusCode.UnprocessableEntity, "invalid_input");
        Assert.Equal(["/files", "/files/0/path"], problem["errors"]!.AsArray().Select(error => (string)error!["pointer"]!).Order(StringComparer.Ordinal));
        using var odd = await Client.PutAsync($"/v1/models/evil/parts/{hash}?offset=5", new ByteArrayContent([1]));
        await HttpServer.ProblemAsync(odd, HttpStatusCode.UnprocessableEntity, "invalid_input");
        using var name = await Client.PutAsync($"/v1/models/-evil/parts/{hash}", new ByteArrayContent([1]));
        await HttpServer.ProblemAsync(name, HttpStatusCode.UnprocessableEntity, "invalid_input");
        using var absent = await Client.GetAsync("/v1/models/none");
        await HttpServer.ProblemAsync(absent, HttpStatusCode.NotFound, "not_found");
    }

    private static (string?, bool?, bool?) Show(JsonNode model) => ((string?)model["name"], (bool?)model["shipped"], (bool?)model["shared"]);

    private static async Task<List<(string Path, byte[] Bytes, string Hash)>> HashAsync()
    {
        var folder = Path.Combine(Repository.Root, "models", "toyworld-64");
        List<(string Path, byte[] Bytes, string Hash)> files = [];
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (Path.GetExtension(path) is ".safetensors" or ".json" or ".txt")
            {
                var bytes = await File.ReadAllBytesAsync(path);
                files.Add((Path.GetRelativePath(folder, path).Replace('\\', '/'), bytes, Convert.ToHexStringLower(SHA256.HashData(bytes))));
            }
        }

        return files;
    }
}
