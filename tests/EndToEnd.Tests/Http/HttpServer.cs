using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary><c>oneshot serve --urls</c> in a process of its own, and a client whose calls and answers are compared with docs/openapi.json.</summary>
internal sealed class HttpServer : IAsyncDisposable
{
    private const string Serves = "Serves HTTP at ";
    private const string Health = "Tells of its health at ";

    private readonly TestFolder _folder = new();
    private OneShotProcess? _process;

    public HttpClient Client { get; } = new(new ContractHandler());

    /// <summary>Address of its management listener, where that was asked for.</summary>
    public string Management { get; private set; } = "";

    public string Data => _folder.Data;

    public Task StartAsync(params string[] options) => StartAsync(new Dictionary<string, string>(), options);

    /// <summary>Starts with variables of its own in its environment, and more options.</summary>
    public async Task StartAsync(IReadOnlyDictionary<string, string> environment, params string[] options)
    {
        _process = OneShotProcess.Start(environment, ["serve", "--urls", "http://127.0.0.1:0", "--data", Data, .. options]);
        if (options.Contains("--management-urls"))
        {
            Management = ManagementIn(await _process.SaysAsync(TellsOfHealth));
        }

        Client.BaseAddress = AddressIn(await _process.SaysAsync(IsReady));
    }

    /// <summary>Whether a line of the program says where it serves.</summary>
    public static bool IsReady(string line) => line.StartsWith(Serves, StringComparison.Ordinal);

    /// <summary>Where it serves.</summary>
    public static Uri AddressIn(string line) => new(line[Serves.Length..].TrimEnd('.'));

    /// <summary>Whether a line of the program says where its management listener is.</summary>
    public static bool TellsOfHealth(string line) => line.StartsWith(Health, StringComparison.Ordinal);

    /// <summary>Where its management listener is.</summary>
    public static string ManagementIn(string line) => line[Health.Length..].TrimEnd('.');

    /// <summary>Calls with another key, or none.</summary>
    public void UseKey(string? key) => Client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);

    /// <summary>Uploads a sample.</summary>
    /// <returns>Its SHA-256.</returns>
    public async Task<string> UploadAsync(string sample)
    {
        var bytes = await File.ReadAllBytesAsync(Repository.Sample(sample));
        var hash = Convert.ToHexStringLower(SHA256.HashData(bytes));
        using var answer = await Client.PutAsync($"/v1/blobs/{hash}", new ByteArrayContent(bytes));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return hash;
    }

    /// <summary>A small job of the sample cat.</summary>
    public static JsonObject Request(string image, string mask, int steps = 12) =>
        new()
        {
            ["name"] = "cat",
            ["image"] = image,
            ["objects"] = new JsonArray(
                new JsonObject
                {
                    ["class"] = "cat",
                    ["token"] = "<cat>",
                    ["mask"] = mask,
                }
            ),
            ["model"] = new JsonObject { ["name"] = "toyworld-64" },
            ["seed"] = 7,
            ["training"] = new JsonObject { ["steps"] = steps, ["precision"] = "fp32" },
            ["samples"] = new JsonObject
            {
                ["prompts"] = new JsonArray("a photo of <cat>"),
                ["per_prompt"] = 1,
                ["steps"] = 4,
            },
        };

    /// <summary>Submits a job.</summary>
    public Task<HttpResponseMessage> SubmitAsync(JsonNode body, string? idempotencyKey = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, "/v1/implantations") { Content = JsonContent.Create(body) };
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        return Client.SendAsync(request);
    }

    /// <summary>Uploads, submits, and waits for the job's end.</summary>
    /// <returns>Its status then.</returns>
    public async Task<JsonObject> RunAsync(int steps = 2)
    {
        using var submitted = await SubmitAsync(Request(await UploadAsync("cat.png"), await UploadAsync("cat-mask.png"), steps));
        Assert.Equal(HttpStatusCode.Created, submitted.StatusCode);
        var id = (string)(await ReadAsync(submitted))["id"]!;
        await foreach (var _ in new EventReader(Client, id).ReadAsync(0)) { }
        var status = await ReadAsync(await Client.GetAsync($"/v1/implantations/{id}"));
        Assert.True((string?)status["state"] == "succeeded", status.ToJsonString());
        return status;
    }

    /// <summary>Waits until the server is ready.</summary>
    public Task ReadyAsync() => _process!.ReadyAsync();

    /// <summary>Makes a key on the server's data.</summary>
    public async Task<string> AddKeyAsync(string name, string scopes) =>
        (await OneShotProcess.RunAsync("keys", "add", name, "--scopes", scopes, "--data", Data)).Expect(0).Output.Trim();

    /// <summary>All that the server has logged.</summary>
    public async Task<string> ReadLogAsync() =>
        string.Concat(await Task.WhenAll(Directory.GetFiles(Path.Combine(Data, "logs")).Select(file => File.ReadAllTextAsync(file))));

    public static async Task<JsonObject> ReadAsync(HttpResponseMessage answer) => (await answer.Content.ReadFromJsonAsync<JsonObject>())!;

    /// <summary>Checks an error's document.</summary>
    public static async Task<JsonObject> ProblemAsync(HttpResponseMessage answer, HttpStatusCode status, string code)
    {
        var problem = await ReadAsync(answer);
        Assert.True(answer.StatusCode == status, problem.ToJsonString());
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.Equal(code, (string?)problem["code"]);
        Assert.Equal((int)status, (int?)problem["status"]);
        Assert.NotEqual("", (string?)problem["detail"]);
        Assert.NotEqual("", (string?)problem["trace_id"]);
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await (_process?.DisposeAsync() ?? ValueTask.CompletedTask);
        _folder.Dispose();
    }
}
