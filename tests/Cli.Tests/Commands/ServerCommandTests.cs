using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>The commands over a server, which is in this process too.</summary>
public sealed class ServerCommandTests : IAsyncLifetime
{
    private readonly TestFolder _folder = new();
    private RunningServer? _server;

    private RunningServer Server => _server!;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(_folder);

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Implant_OverAServer_MakesTheEmbeddedRunsWeights_AndItsJobIsReachedFromHere()
    {
        var embedded = await CliRun.RunAsync([.. Implant("3"), "--data", _folder["data"], "--out", _folder["embedded"], "--format", "json"]);
        Assert.Equal(ExitCode.Done, embedded.ExitCode);

        var run = await CliRun.RunAsync([.. Implant("3"), .. Server.Options, "--out", _folder["out"], "--format", "json"]);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Equal(_folder["out"], (string?)run.Document["out"]);
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(_folder["embedded"], "cat.safetensors")),
            File.ReadAllBytes(Path.Combine(_folder["out"], "cat.safetensors"))
        );
        var id = (string)run.Document["id"]!;

        var list = await JobsAsync("list");
        Assert.Equal(id, (string?)Assert.Single(list.Document["jobs"]!.AsArray())!["id"]);
        Assert.Equal("Succeeded", (string?)(await JobsAsync("show", id)).Document["state"]);
        var watch = await JobsAsync("watch", id);
        Assert.Equal(ExitCode.Done, watch.ExitCode);
        Assert.Contains("\"Succeeded\"", watch.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await JobsAsync("download", id, "--out", _folder["copy"])).ExitCode);
        Assert.True(File.Exists(Path.Combine(_folder["copy"], "manifest.json")));
        Assert.Equal(ExitCode.Done, (await JobsAsync("delete", id)).ExitCode);
        var gone = await JobsAsync("show", id);
        Assert.Equal(("not_found", ExitCode.BadInput), ((string?)gone.Document["error"]!["code"], gone.ExitCode));
    }

    [Fact]
    public async Task Implant_InterruptedWhileItFollows_LeavesTheJobAlone_AndSaysHowToGoOn()
    {
        using var interrupt = new CancellationTokenSource();
        var run = await CliRun.RunAsync(
            [.. Implant("4000"), .. Server.Options],
            interrupt.Token,
            line =>
            {
                if (line.StartsWith("Training step", StringComparison.Ordinal))
                {
                    interrupt.Cancel();
                }
            }
        );

        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
        var id = (string)(await JobsAsync("list")).Document["jobs"]![0]!["id"]!;
        Assert.Contains($"goes on at {Server.Url}", run.Error, StringComparison.Ordinal);
        Assert.All(["watch", "cancel", "download"], verb => Assert.Contains($"oneshot jobs {verb} {id}", run.Error, StringComparison.Ordinal));
        Assert.Contains($" --server {Server.Url} --key-file {Server.KeyFile}", run.Error, StringComparison.Ordinal);
        Assert.Equal("Training", (string?)(await JobsAsync("show", id)).Document["state"]);
        Assert.Equal("Cancelled", (string?)(await JobsAsync("cancel", id)).Document["state"]);
        Assert.Equal(ExitCode.Cancelled, (await JobsAsync("watch", id)).ExitCode);
        Assert.Equal("conflict", (string?)(await JobsAsync("download", id, "--out", _folder["copy"])).Document["error"]!["code"]);
    }

    [Fact]
    public async Task Implant_ModelOfTheServerAlone_IsLeftToTheServer()
    {
        var run = await CliRun.RunAsync([.. Implant("3"), "--model", "sd99", .. Server.Options, "--format", "json"]);

        Assert.Contains("The server checks what depends on its model sd99", run.Error, StringComparison.Ordinal);
        Assert.NotEqual(ExitCode.Done, run.ExitCode);
    }

    [Fact]
    public async Task Implant_Detached_PrintsItsIdAndEnds()
    {
        var run = await CliRun.RunAsync([.. Implant("3"), .. Server.Options, "--detach", "--metadata", "project=cats", "--priority", "5"]);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        var id = run.Output.Trim();
        Assert.Contains($"Watch it with: oneshot jobs watch {id} --server {Server.Url}", run.Error, StringComparison.Ordinal);
        var listed = Assert.Single((await JobsAsync("list", "--metadata", "project=cats")).Document["jobs"]!.AsArray())!;
        Assert.Equal((id, "tester", 5), ((string?)listed["id"], (string?)listed["owner"], (int?)listed["priority"]));
        var log = (await JobsAsync("logs", id, "--follow")).Output.TrimEnd().Split('\n');
        Assert.Contains("\"succeeded\"", log[^1], StringComparison.Ordinal);
        var local = await CliRun.RunAsync([.. Implant("3"), "--data", _folder["server-data"], "--detach"]);
        Assert.True(local.ExitCode == ExitCode.Done, local.Error);
        var elsewhere = await CliRun.RunAsync([.. Implant("3"), .. Server.Options, "--owner", "anna", "--format", "json"]);
        Assert.Equal((ExitCode.BadInput, "owner"), (elsewhere.ExitCode, (string?)elsewhere.Document["error"]!["field"]));
    }

    [Fact]
    public async Task Implant_DryRun_SaysWhatItWouldTake_AndSubmitsNothing()
    {
        var run = await CliRun.RunAsync([.. Implant("3"), .. Server.Options, "--dry-run"]);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Contains("Device: cpu", run.Output, StringComparison.Ordinal);
        Assert.Contains("To be uploaded: 2 files.", run.Output, StringComparison.Ordinal);
        Assert.Empty((await JobsAsync("list")).Document["jobs"]!.AsArray());
    }

    [Fact]
    public async Task Jobs_WithoutTheKey_AreRefused()
    {
        var run = await CliRun.RunAsync("jobs", "list", "--server", Server.Url, "--format", "json");

        Assert.Equal((ExitCode.Failed, "unauthenticated"), (run.ExitCode, (string?)run.Document["error"]!["code"]));
    }

    private Task<CliRun> JobsAsync(params string[] args) => CliRun.RunAsync(["jobs", .. args, .. Server.Options, "--format", "json"]);

    private static string[] Implant(string steps) =>
        [
            "implant",
            "--image",
            Repository.Sample("cat.png"),
            "--mask",
            Repository.Sample("cat-mask.png"),
            "--class",
            "cat",
            "--steps",
            steps,
            "--samples",
            "0",
            "--precision",
            "fp32",
        ];
}
