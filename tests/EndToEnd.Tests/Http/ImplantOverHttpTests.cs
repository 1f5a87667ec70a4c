using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary><c>implant --server</c> against <c>serve --urls</c>, each in a process of its own.</summary>
public sealed class ImplantOverHttpTests : IAsyncLifetime
{
    private readonly HttpServer _server = new();
    private readonly TestFolder _folder = new();

    public async ValueTask InitializeAsync() => await _server.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Implant_WithAKeyFile_MakesTheEmbeddedRunsFiles()
    {
        var key = (await OneShotProcess.RunAsync("keys", "add", "notebook", "--data", _server.Data)).Expect(0);
        var keyFile = Path.Combine(_folder.Data, "key");
        Directory.CreateDirectory(_folder.Data);
        await File.WriteAllTextAsync(keyFile, key.Output);
        var embedded = Path.Combine(_folder.Data, "embedded");
        (await OneShotProcess.RunAsync([.. Arguments, "--data", Path.Combine(_folder.Data, "own"), "--out", embedded])).Expect(0);

        var environment = new Dictionary<string, string> { ["ONESHOT_SERVER"] = _server.Client.BaseAddress!.ToString(), ["ONESHOT_KEY_FILE"] = keyFile };
        var run = (await OneShotProcess.RunAsync(environment, [.. Arguments, "--out", _folder.Out])).Expect(0);

        Assert.Contains("Training step", run.Error, StringComparison.Ordinal);
        var (expected, actual) = (TestFolder.Hash(embedded), TestFolder.Hash(_folder.Out));
        Assert.Equal(expected["cat.safetensors"], actual["cat.safetensors"]);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), actual.Keys.Order(StringComparer.Ordinal));
    }

    private static string[] Arguments =>
        [
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--steps",
            "4",
            "--samples",
            "1",
            "--prompt",
            "a photo of <cat>",
            "--precision",
            "fp32",
        ];
}
