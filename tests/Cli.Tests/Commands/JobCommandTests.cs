using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary>Jobs from the command line to the files, in this process.</summary>
public sealed class JobCommandTests : IDisposable
{
    private static readonly string[] s_aboutFields =
    [
        "created",
        "started",
        "finished",
        "estimated_finish",
        "queue_position",
        "waiting_reason",
        "owner",
        "priority",
        "metadata",
    ];
    private static readonly string[] s_jobFields = ["id", "state", "out", "seconds", "steps", "epoch", "files", "metrics", "warnings", .. s_aboutFields];
    private static readonly string[] s_eventFields = ["seq", "time", "stage", "step", "steps", "losses", "epoch", "terms"];
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_SmallJob_PutsTheResultIntoOut()
    {
        var run = await CliRun.RunAsync([.. Implant("3"), "--out", _folder["out"]]);

        Assert.Equal(ExitCode.Done, run.ExitCode);
        var job = run.Document.AsObject();
        Assert.Equal(s_jobFields, job.Select(pair => pair.Key));
        Assert.Equal("Succeeded", (string?)job["state"]);
        Assert.Equal(_folder["out"], (string?)job["out"]);
        Assert.Equal(3, (int?)job["steps"]);
        var listed = job["files"]!.AsArray().Select(file => (string)file!["path"]!).Append("manifest.json").Order(StringComparer.Ordinal);
        var there = Directory
            .EnumerateFiles(_folder["out"], "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(_folder["out"], file))
            .Order(StringComparer.Ordinal);
        Assert.Equal(listed, there);
        Assert.All(
            job["files"]!.AsArray(),
            file => Assert.Equal((long)file!["bytes"]!, new FileInfo(Path.Combine(_folder["out"], (string)file["path"]!)).Length)
        );
        Assert.Empty(Directory.EnumerateDirectories(_folder.Root, "out.part-*"));
    }

    [Fact]
    public async Task Jobs_AfterImplant_ListShowWatchDownload()
    {
        var id = (string)(await CliRun.RunAsync(Implant("2"))).Document["id"]!;

        var list = (await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document;
        var line = Assert.Single(list["jobs"]!.AsArray())!.AsObject();
        Assert.Equal(["id", "state", "step", "steps", "created", "owner", "name", "metadata", "priority"], line.Select(pair => pair.Key));
        Assert.Equal(id, (string?)line["id"]);
        Assert.True(list.AsObject().ContainsKey("next"));
        Assert.Null(list["next"]);

        var show = (await CliRun.RunAsync("jobs", "show", id, "--data", _folder["data"], "--format", "json")).Document.AsObject();
        Assert.Equal(s_jobFields, show.Select(pair => pair.Key));

        var watch = await CliRun.RunAsync("jobs", "watch", id, "--data", _folder["data"], "--format", "json");
        Assert.Equal(ExitCode.Done, watch.ExitCode);
        var events = watch.Output.TrimEnd().Split('\n').Select(text => JsonNode.Parse(text)!.AsObject()).ToList();
        Assert.All(events, item => Assert.Equal(s_eventFields, item.Select(pair => pair.Key)));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(item => (int)item["seq"]!));
        Assert.Equal("Succeeded", (string?)events[^1]["stage"]);

        var download = await CliRun.RunAsync("jobs", "download", id, "--out", _folder["copy"], "--data", _folder["data"], "--format", "json");
        Assert.Equal(ExitCode.Done, download.ExitCode);
        Assert.True(File.Exists(Path.Combine(_folder["copy"], "manifest.json")));
    }

    [Fact]
    public async Task Implant_OwnerPriorityMetadata_AreShownAndListed_AndTheLogIsRead()
    {
        var run = await CliRun.RunAsync([.. Implant("2"), "--owner", "anna", "--priority", "5", "--metadata", "project=cats", "--out", _folder["out"]]);
        var id = (string)run.Document["id"]!;
        Assert.Equal(("anna", 5, "cats"), ((string?)run.Document["owner"], (int?)run.Document["priority"], (string?)run.Document["metadata"]!["project"]));
        Assert.Contains($"The result goes to {_folder["out"]}.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"Ctrl-C stops the job at a checkpoint; go on with: oneshot jobs watch {id}", run.Error, StringComparison.Ordinal);
        Assert.Contains("of memory.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"Look at: {Path.Combine(_folder["out"], "report.html")}", run.Error, StringComparison.Ordinal);
        Assert.Contains(
            "In prompts, write <cat> (diffusers, oneshot), oneshot-cat (AUTOMATIC1111, Forge), embedding:oneshot-cat",
            run.Error,
            StringComparison.Ordinal
        );
        Assert.Contains(Path.Combine(_folder["out"], "README.md"), run.Error, StringComparison.Ordinal);

        Assert.Contains(id, (await JobsAsync("list", "--metadata", "project=cats")).Output, StringComparison.Ordinal);
        Assert.DoesNotContain(id, (await JobsAsync("list", "--metadata", "project=dogs")).Output, StringComparison.Ordinal);
        Assert.Contains("anna  cat  priority 5  project=cats", (await JobsAsync("list")).Output, StringComparison.Ordinal);
        Assert.Contains("Owner anna  priority 5  project=cats", (await JobsAsync("show", id)).Output, StringComparison.Ordinal);

        var lines = (await JobsAsync("logs", id, "--format", "json")).Output.TrimEnd().Split('\n').Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(Enumerable.Range(1, lines.Count), lines.Select(line => (int)line["seq"]!));
        Assert.Equal("succeeded", (string?)lines[^1]["stage"]);
        var text = await JobsAsync("logs", id, "--follow");
        Assert.Equal(lines.Count, text.Output.TrimEnd().Split('\n').Length);
        Assert.Matches("Training +2/2  global [0-9.]+  object [0-9.]+  class", text.Output);
    }

    [Fact]
    public async Task Implant_DryRunWithoutAnOwner_CreatesNothing()
    {
        var run = await CliRun.RunAsync([.. Implant("2"), "--dry-run", "--out", _folder["out"]]);

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Equal(2, run.Document["missing_blobs"]!.AsArray().Count);
        Assert.Single(run.Document["warnings"]!.AsArray());
        Assert.False(Directory.Exists(_folder["data"]));
        Assert.False(Directory.Exists(_folder["out"]));
    }

    [Fact]
    public async Task Implant_DetachedWithoutAnOwner_IsRefused_AndNothingIsSubmitted()
    {
        var run = await CliRun.RunAsync([.. Implant("2"), "--detach"]);

        Assert.Equal((ExitCode.NotReachable, "unavailable"), (run.ExitCode, (string?)run.Document["error"]!["code"]));
        Assert.Contains("oneshot serve", run.Error, StringComparison.Ordinal);
        Assert.Empty((await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document["jobs"]!.AsArray());
        var refused = await CliRun.RunAsync([.. Implant("2"), "--detach", "--out", _folder["out"]]);
        Assert.Equal((ExitCode.BadInput, "out"), (refused.ExitCode, (string?)refused.Document["error"]!["field"]));
    }

    [Fact]
    public async Task Delete_EndedJob_ForgetsItAndItsFiles()
    {
        var id = (string)(await CliRun.RunAsync(Implant("2"))).Document["id"]!;

        var run = await CliRun.RunAsync("jobs", "delete", id, "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Equal(id, (string?)run.Document["id"]);
        Assert.Empty((await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document["jobs"]!.AsArray());
        var show = await CliRun.RunAsync("jobs", "show", id, "--data", _folder["data"], "--format", "json");
        Assert.Equal("not_found", (string?)show.Document["error"]!["code"]);
        var job = Path.Combine(_folder["data"], "jobs", id);
        Assert.Empty(Directory.Exists(job) ? Directory.EnumerateFiles(job, "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    public async Task Collect_FreshJob_RemovesNothing()
    {
        await CliRun.RunAsync(Implant("2"));

        var run = await CliRun.RunAsync("jobs", "collect", "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        var document = run.Document.AsObject();
        Assert.Equal(["dry_run", "blobs", "files", "bytes", "models", "unlisted", "marks"], document.Select(pair => pair.Key));
        Assert.Empty(document["blobs"]!.AsArray());
        Assert.Empty(document["files"]!.AsArray());
        Assert.Equal(2, Directory.GetFiles(Path.Combine(_folder["data"], "blobs", "sha256")).Length);
    }

    [Fact]
    public async Task Implant_Interrupted_StopsAtACheckpointAndWatchGoesOn()
    {
        using var interrupt = new CancellationTokenSource();
        var run = await CliRun.RunAsync(
            [.. Implant("40"), "--out", _folder["out"]],
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
        Assert.Equal("cancelled", (string?)run.Document["error"]!["code"]);
        Assert.Contains("oneshot jobs watch", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        var job = (await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document["jobs"]![0]!;
        Assert.Equal("Queued", (string?)job["state"]);

        var watch = await CliRun.RunAsync("jobs", "watch", (string)job["id"]!, "--data", _folder["data"]);

        Assert.Equal(ExitCode.Done, watch.ExitCode);
        var show = (await CliRun.RunAsync("jobs", "show", (string)job["id"]!, "--data", _folder["data"], "--format", "json")).Document;
        Assert.Equal("Succeeded", (string?)show["state"]);
        Assert.Equal(2, (int?)show["epoch"]);
    }

    [Fact]
    public async Task Cancel_WaitingJob_EndsIt_AndWatchSaysSo()
    {
        using var interrupt = new CancellationTokenSource();
        await CliRun.RunAsync(
            Implant("40"),
            interrupt.Token,
            line =>
            {
                if (line.StartsWith("Training step", StringComparison.Ordinal))
                {
                    interrupt.Cancel();
                }
            }
        );
        var id = (string)(await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document["jobs"]![0]!["id"]!;

        var cancel = await CliRun.RunAsync("jobs", "cancel", id, "--data", _folder["data"], "--format", "json");
        Assert.Equal(ExitCode.Done, cancel.ExitCode);
        Assert.Equal("Cancelled", (string?)cancel.Document["state"]);

        Assert.Equal(ExitCode.Cancelled, (await CliRun.RunAsync("jobs", "watch", id, "--data", _folder["data"])).ExitCode);
        var download = await CliRun.RunAsync("jobs", "download", id, "--out", _folder["copy"], "--data", _folder["data"], "--format", "json");
        Assert.Equal(ExitCode.Failed, download.ExitCode);
        Assert.Equal("conflict", (string?)download.Document["error"]!["code"]);
        Assert.False(Directory.Exists(_folder["copy"]));
    }

    [Fact]
    public async Task Retry_CancelledJob_QueuesItAndWatchEndsIt()
    {
        using var interrupt = new CancellationTokenSource();
        await CliRun.RunAsync(
            Implant("12"),
            interrupt.Token,
            line =>
            {
                if (line.StartsWith("Training step", StringComparison.Ordinal))
                {
                    interrupt.Cancel();
                }
            }
        );
        var id = (string)(await CliRun.RunAsync("jobs", "list", "--data", _folder["data"], "--format", "json")).Document["jobs"]![0]!["id"]!;
        await CliRun.RunAsync("jobs", "cancel", id, "--data", _folder["data"]);

        var retry = await CliRun.RunAsync("jobs", "retry", id, "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.Done, retry.ExitCode);
        Assert.Equal((id, "Queued"), ((string?)retry.Document["id"], (string?)retry.Document["state"]));
        Assert.Contains($"oneshot jobs watch {id}", retry.Error, StringComparison.Ordinal);
        var twice = await CliRun.RunAsync("jobs", "retry", id, "--data", _folder["data"], "--format", "json");
        Assert.Equal("conflict", (string?)twice.Document["error"]!["code"]);
        Assert.Equal(ExitCode.Done, (await CliRun.RunAsync("jobs", "watch", id, "--data", _folder["data"])).ExitCode);
        var show = (await CliRun.RunAsync("jobs", "show", id, "--data", _folder["data"], "--format", "json")).Document;
        Assert.Equal("Succeeded", (string?)show["state"]);
    }

    [Theory]
    [InlineData("retry", "20260101-000000-00000000", "not_found")]
    [InlineData("show", "20260101-000000-00000000", "not_found")]
    [InlineData("watch", "20260101-000000-00000000", "not_found")]
    [InlineData("cancel", "20260101-000000-00000000", "not_found")]
    [InlineData("show", "../etc", "invalid_input")]
    public async Task Jobs_UnknownJob_EndsWith2(string verb, string id, string code)
    {
        var run = await CliRun.RunAsync("jobs", verb, id, "--data", _folder["data"], "--format", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Equal(code, (string?)run.Document["error"]!["code"]);
    }

    public void Dispose() => _folder.Dispose();

    private Task<CliRun> JobsAsync(params string[] args) => CliRun.RunAsync(["jobs", .. args, "--data", _folder["data"]]);

    private string[] Implant(string steps) =>
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
            "--data",
            _folder["data"],
            "--format",
            "json",
        ];
}
