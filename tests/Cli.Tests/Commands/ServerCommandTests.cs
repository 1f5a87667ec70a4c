using System.Security.Cryptography;
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
    public async Task Generate_OverAServer_FetchesItsPictures_AndItsJobIsReachedFromHere()
    {
        var implanted = await CliRun.RunAsync([.. Implant("3"), .. Server.Options, "--format", "json"]);
        Assert.True(implanted.ExitCode == ExitCode.Done, implanted.Error);
        var trained = (string)implanted.Document["id"]!;

        var run = await CliRun.RunAsync([
            .. Generate("a <cat> at sea"),
            "--implantation",
            trained,
            "--count",
            "2",
            .. Server.Options,
            "--out",
            _folder["out"],
            "--format",
            "json",
        ]);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        var id = (string)run.Document["id"]!;
        Assert.Equal(["0001.png", "0002.png"], run.Document["files"]!.AsArray().Select(file => (string)file!["path"]!));
        Assert.Equal("toyworld-64", (string?)run.Document["settings"]!["model"]);
        Assert.All(
            run.Document["files"]!.AsArray(),
            file =>
                Assert.Equal(
                    (string?)file!["sha256"],
                    Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(_folder["out"], (string)file["path"]!))))
                )
        );
        Assert.Contains("picture 2 of 2 is drawn", run.Error, StringComparison.Ordinal);
        Assert.Equal(id, (string?)Assert.Single((await JobsAsync("list", "--generations")).Document["jobs"]!.AsArray())!["id"]);
        Assert.Equal("Generation", (string?)(await JobsAsync("show", id)).Document["kind"]);
        Assert.Contains("\"Succeeded\"", (await JobsAsync("watch", id)).Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await JobsAsync("download", id, "--out", _folder["copy"])).ExitCode);
        Assert.True(File.Exists(Path.Combine(_folder["copy"], "0002.png")));

        // The server's own machine reaches it as well.
        var local = await CliRun.RunAsync("jobs", "show", id, "--data", _folder["server-data"], "--format", "json");
        Assert.Equal("Succeeded", (string?)local.Document["state"]);
        Assert.Equal(ExitCode.Done, (await JobsAsync("delete", id)).ExitCode);
        Assert.Equal("not_found", (string?)(await JobsAsync("show", id)).Document["error"]!["code"]);
    }

    [Fact]
    public async Task Generate_InterruptedWhileItFollows_LeavesTheJobAlone_AndSaysHowToGoOn()
    {
        using var interrupt = new CancellationTokenSource();
        var run = await CliRun.RunAsync(
            [
                .. Generate("a cat"),
                .. Enumerable.Range(1, 15).SelectMany(i => new[] { "--prompt", $"a cat on beach {i}" }),
                "--count",
                "64",
                .. Server.Options,
                "--out",
                _folder["out"],
            ],
            interrupt.Token,
            line =>
            {
                if (line.Contains("is drawn", StringComparison.Ordinal))
                {
                    interrupt.Cancel();
                }
            }
        );

        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
        var id = (string)(await JobsAsync("list", "--generations")).Document["jobs"]![0]!["id"]!;
        Assert.Contains($"job {id} goes on at {Server.Url}", run.Error, StringComparison.Ordinal);
        Assert.All(["watch", "cancel", "download"], verb => Assert.Contains($"oneshot jobs {verb} {id}", run.Error, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.Equal("Cancelled", (string?)(await JobsAsync("cancel", id)).Document["state"]);
    }

    [Theory]
    [InlineData("lora", "a.safetensors")]
    [InlineData("embedding", "a.safetensors")]
    [InlineData("latents", "a.safetensors")]
    [InlineData("count", "65")]
    [InlineData("width", "64")]
    [InlineData("height", "64")]
    [InlineData("precision", "fp32")]
    [InlineData("device", "cpu")]
    [InlineData("implantation", "out/cat")]
    [InlineData("model", "models/sd15")]
    public async Task Generate_OfWhatOnlyThisMachineHas_IsRefusedOverAServer(string option, string value)
    {
        var run = await CliRun.RunAsync([.. Generate("a cat"), $"--{option}", value, .. Server.Options, "--out", _folder["out"], "--format", "json"]);

        Assert.Equal((ExitCode.BadInput, option), (run.ExitCode, (string?)run.Document["error"]!["field"]));
        Assert.NotEqual("", (string?)run.Document["error"]!["hint"]);
        Assert.Empty((await JobsAsync("list", "--generations")).Document["jobs"]!.AsArray());
    }

    [Fact]
    public async Task Operators_WorkOverAServer()
    {
        var added = await ServerAsync("keys", "add", "website", "--owner", "shop");
        Assert.True(added.ExitCode == ExitCode.Done, added.Error);
        var id = (string)added.Document["key"]!["id"]!;
        var rotated = await ServerAsync("keys", "rotate", id, "--grace-hours", "24");
        var keys = (await ServerAsync("keys", "list")).Document["keys"]!.AsArray();
        var revoked = await ServerAsync("keys", "revoke", id);
        var unknown = await ServerAsync("keys", "revoke", "nobodys");

        Assert.StartsWith("os1_", (string)rotated.Document["secret"]!, StringComparison.Ordinal);
        Assert.Equal(3, keys.Count);
        Assert.NotNull(keys.Single(key => (string?)key!["id"] == id)!["expires"]);
        Assert.NotNull(revoked.Document["revoked"]);
        Assert.Equal("not_found", (string?)unknown.Document["error"]!["code"]);

        Assert.Single((await ServerAsync("cluster", "silos")).Document["silos"]!.AsArray());
        Assert.NotEmpty((await ServerAsync("cluster", "slots")).Document["slots"]!.AsArray());
        Assert.Empty((await ServerAsync("cluster", "queue")).Document["queue"]!.AsArray());

        var pushed = await ServerAsync("models", "push", Repository.Model, "--name", "mine");
        Assert.True(pushed.ExitCode == ExitCode.Done, pushed.Error);
        Assert.Equal("mine", (string?)pushed.Document["name"]);
        Assert.Contains("mine", (await ServerAsync("models", "list")).Document["models"]!.AsArray().Select(model => (string)model!["name"]!));
        Assert.Equal(0, (long)(await ServerAsync("models", "push", Repository.Model, "--name", "mine")).Document["sent"]!);
    }

    [Fact]
    public async Task Retry_OfACancelledJob_RunsItAgain()
    {
        var detached = await CliRun.RunAsync([.. Implant("4000"), .. Server.Options, "--detach"]);
        var id = detached.Output.Trim();
        Assert.Equal("Cancelled", (string?)(await JobsAsync("cancel", id)).Document["state"]);

        var retried = await JobsAsync("retry", id);
        var again = await JobsAsync("retry", id);

        Assert.True(retried.ExitCode == ExitCode.Done, retried.Error);
        Assert.NotEqual("Cancelled", (string?)retried.Document["state"]);
        Assert.Equal("conflict", (string?)again.Document["error"]!["code"]);
        await JobsAsync("cancel", id);
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

    private static string[] Generate(string prompt) => ["generate", "--prompt", prompt, "--steps", "2", "--seed", "7"];

    private Task<CliRun> ServerAsync(params string[] args) => CliRun.RunAsync([.. args, .. Server.Options, "--format", "json"]);

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
