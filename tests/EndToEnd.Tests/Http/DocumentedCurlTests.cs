using System.Diagnostics;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Http;

/// <summary>docs/HTTP.md does what it says: its blocks run as one script, with curl alone.</summary>
public sealed class DocumentedCurlTests : IAsyncLifetime
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
    public async Task Blocks_RunInOrder_EndWithAJobThatIsDownloadedAndGone()
    {
        var script = await WriteScriptAsync();
        using var shell = Process.Start(
            new ProcessStartInfo("bash", ["-euo", "pipefail", script])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = _folder.Root,
                Environment = { ["API"] = _server.Client.BaseAddress!.ToString().TrimEnd('/') },
            }
        )!;
        var (output, errors) = (shell.StandardOutput.ReadToEndAsync(), shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();

        Assert.True(shell.ExitCode == 0, await output + await errors);
        var events = await File.ReadAllLinesAsync(_folder["events"]);
        var ids = events.Where(line => line.StartsWith("id: ", StringComparison.Ordinal)).Select(line => line["id: ".Length..]).ToList();
        Assert.Equal(Enumerable.Range(1, ids.Count).Select(n => $"{n}"), ids);
        Assert.Contains("event: done", events);
        Assert.Contains("\"state\":\"succeeded\"", await File.ReadAllTextAsync(_folder["ended.json"]), StringComparison.Ordinal);
        Assert.True(new FileInfo(_folder["cat.safetensors"]).Length > 0);
        Assert.Equal((byte)0x89, (await File.ReadAllBytesAsync(_folder["sheet.png"]))[0]);
        Assert.Contains("event: done", await File.ReadAllLinesAsync(_folder["drawing"]));
        Assert.Equal((byte)0x89, (await File.ReadAllBytesAsync(_folder["beach.png"]))[0]);
    }

    /// <summary>The page's blocks, in a folder that has the samples and a command "oneshot" for the server's data.</summary>
    private async Task<string> WriteScriptAsync()
    {
        Directory.CreateSymbolicLink(_folder["samples"], Path.GetDirectoryName(Repository.Sample("cat.png"))!);
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        var program = Path.Combine(AppContext.BaseDirectory, "oneshot.dll");
        var page = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "HTTP.md"));
        var blocks = page.Split("```bash\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)]);
        var script = _folder["script"];
        await File.WriteAllTextAsync(script, $"oneshot() {{ {dotnet} {program} \"$@\" --data {_server.Data}; }}\n" + string.Concat(blocks));
        return script;
    }
}
