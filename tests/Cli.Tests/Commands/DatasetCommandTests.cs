using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Tests.Support;

namespace OrleansOneShot.Cli.Tests.Commands;

/// <summary><c>oneshot dataset</c> on this machine, with jobs that are done in a moment.</summary>
public sealed class DatasetCommandTests : IDisposable
{
    private static readonly string[] s_quick = ["--steps", "1", "--samples", "0", "--no-prototype", "--no-class-loss", "--precision", "fp32"];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_FiftyItems_BadLinesAreNamedBeforeAnythingStarts_OthersFailAlone_AndRetryRunsThoseAlone()
    {
        var photo = File.ReadAllBytes(Repository.Sample("cat.png"));
        _folder.Write("cat.png", photo);
        _folder.Write("mask.png", File.ReadAllBytes(Repository.Sample("cat-mask.png")));
        var empty = _folder.Write("empty.png", Pictures.Plain(64, 64, 0));
        var broken = _folder.Write("broken.png", photo[..200]);
        var text = _folder.Write("text.png", "no picture"u8.ToArray());
        var lines = Enumerable.Range(0, 50).Select(i => Line($"item-{i:00}", "cat.png", "mask.png")).ToList();
        lines[7] = Line("item-07", "broken.png", "mask.png");
        lines[20] = Line("item-20", "cat.png", "empty.png");
        lines[49] = Line("item-49", "text.png", "mask.png");
        string[] bad = ["{", Line("item-12", "none.png", "mask.png"), Line("ITEM-05", "cat.png", "mask.png")];
        var manifest = Write([.. lines.Take(3), bad[0], .. lines.Skip(4).Take(8), bad[1], .. lines.Skip(13).Take(17), bad[2], .. lines.Skip(31)]);
        string[] run = ["dataset", "run", "--manifest", manifest, "--out", _folder["out"], "--data", _folder["data"], "--format", "json", .. s_quick];

        var refused = await CliRun.RunAsync(run);
        Assert.Equal((ExitCode.BadInput, "manifest"), (refused.ExitCode, (string?)refused.Document["error"]!["field"]));
        Assert.All(["line 4: ", "line 13: ", "line 31: "], line => Assert.Contains(line, refused.Error, StringComparison.Ordinal));
        Assert.Contains("3 of 50 items", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder["out"]));
        Assert.False(Directory.Exists(_folder["data"]));

        Write(lines);
        var first = await CliRun.RunAsync(run);
        Assert.True(first.ExitCode == ExitCode.Failed, first.Error);
        Assert.Equal((47, 3), Counts(first));
        Assert.Equal(["item-07", "item-20", "item-49"], first.Document["failed"]!.AsArray().Select(item => (string)item!["id"]!));
        Assert.All(first.Document["failed"]!.AsArray(), item => Assert.NotEmpty((string)item!["error"]!["message"]!));
        Assert.Contains("oneshot dataset retry", first.Error, StringComparison.Ordinal);
        var before = Results();
        Assert.Equal(47, before.Count);

        File.WriteAllBytes(broken, photo);
        File.Copy(_folder["mask.png"], empty, overwrite: true);
        File.WriteAllBytes(text, photo);
        var retried = await CliRun.RunAsync("dataset", "retry", "--data", _folder["data"], "--format", "json");

        Assert.True(retried.ExitCode == ExitCode.Done, retried.Error);
        Assert.Equal((50, 0), Counts(retried));
        Assert.Equal((string?)first.Document["id"], (string?)retried.Document["id"]);
        var after = Results();
        Assert.Equal(50, after.Count);
        Assert.All(before, result => Assert.Equal(result.Value, after[result.Key]));
        var items = await DatasetAsync("items");
        Assert.All(items.Document["items"]!.AsArray(), item => Assert.Equal(1, (int)item!["attempts"]!));
        var report = File.ReadAllLines(Path.Combine(_folder["out"], "report.csv"));
        Assert.Equal(51, report.Length);
        Assert.All(report.Skip(1), line => Assert.Contains(",succeeded,1,", line, StringComparison.Ordinal));
        Assert.Equal(50, File.ReadLines(Path.Combine(_folder["out"], "report.jsonl")).Count());
        Assert.Contains("All 50 items have a result.", File.ReadAllText(Path.Combine(_folder["out"], "report.html")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_WithoutARun_MeanTheLatest_AndResumeFetchesWhatIsMissing()
    {
        Subject("cat");
        Subject("dog6");
        var run = await CliRun.RunAsync([
            "dataset",
            "run",
            "--dreambooth",
            _folder["subjects"],
            "--out",
            _folder["out"],
            "--data",
            _folder["data"],
            "--name",
            "pets",
            .. s_quick,
        ]);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.Contains("dog6: done in ", run.Error, StringComparison.Ordinal);
        Assert.Contains("Taken for a dog, after its folder's name", run.Error, StringComparison.Ordinal);

        var status = await DatasetAsync("status");
        Assert.Equal(("pets", "Finished", 2), ((string?)status.Document["name"], (string?)status.Document["state"], (int?)status.Document["items"]));
        var listed = Assert.Single((await DatasetAsync("list")).Document["runs"]!.AsArray())!;
        Assert.Equal((string?)status.Document["id"], (string?)listed["id"]);
        Assert.Empty((await DatasetAsync("items", "--state", "failed")).Document["items"]!.AsArray());

        Directory.Delete(Path.Combine(_folder["out"], "cat"), recursive: true);
        File.Delete(Path.Combine(_folder["out"], "report.html"));
        var before = File.GetLastWriteTimeUtc(Path.Combine(_folder["out"], "dog6", "manifest.json"));
        var resumed = await DatasetAsync("resume");
        Assert.True(resumed.ExitCode == ExitCode.Done, resumed.Error);
        Assert.True(File.Exists(Path.Combine(_folder["out"], "cat", "manifest.json")));
        Assert.Equal(before, File.GetLastWriteTimeUtc(Path.Combine(_folder["out"], "dog6", "manifest.json")));

        var report = await DatasetAsync("report", "--out", _folder["elsewhere"]);
        Assert.Equal(3, report.Document["files"]!.AsArray().Count);
        Assert.Contains("Taken for a dog, after its folder", File.ReadAllText(Path.Combine(_folder["elsewhere"], "report.html")), StringComparison.Ordinal);
        Assert.Equal("conflict", (string?)(await DatasetAsync("cancel")).Document["error"]!["code"]);
    }

    [Fact]
    public async Task Run_InterruptedThenCancelled_GoesOnWithResume()
    {
        for (var i = 0; i < 4; i++)
        {
            Subject(string.Create(CultureInfo.InvariantCulture, $"cat-{i}"));
        }

        using var interrupt = new CancellationTokenSource();
        var run = await CliRun.RunAsync(
            ["dataset", "run", "--dreambooth", _folder["subjects"], "--out", _folder["out"], "--data", _folder["data"], "--parallel", "1", .. s_quick],
            interrupt.Token,
            line =>
            {
                if (line.StartsWith("cat-0: done", StringComparison.Ordinal))
                {
                    interrupt.Cancel();
                }
            }
        );
        Assert.Equal(ExitCode.Interrupted, run.ExitCode);
        Assert.Contains("Go on with: oneshot dataset resume", run.Error, StringComparison.Ordinal);

        var cancelled = await DatasetAsync("cancel");
        Assert.True(cancelled.ExitCode == ExitCode.Done, cancelled.Error);
        Assert.Equal("Cancelled", (string?)cancelled.Document["state"]);
        var refused = await DatasetAsync("retry");
        Assert.Equal("conflict", (string?)refused.Document["error"]!["code"]);

        var resumed = await DatasetAsync("resume");
        Assert.True(resumed.ExitCode == ExitCode.Done, resumed.Error);
        Assert.Equal((4, 0), Counts(resumed));
        Assert.Equal(4, Results().Count);
    }

    [Fact]
    public async Task Run_OverAServer_FetchesResultsFromThere_AndTheLatestRunIsThere()
    {
        await using var server = await RunningServer.StartAsync(_folder);
        Subject("cat");
        Subject("dog6");
        File.WriteAllBytes(_folder["subjects/dog6/mask.png"], Pictures.Plain(64, 64, 0));
        string[] place = [.. server.Options, "--data", _folder["data"], "--format", "json"];

        var run = await CliRun.RunAsync(["dataset", "run", "--dreambooth", _folder["subjects"], "--out", _folder["out"], .. place, .. s_quick]);
        Assert.True(run.ExitCode == ExitCode.Failed, run.Error);
        Assert.Equal((1, 1), Counts(run));
        Assert.Equal("tester", (string?)run.Document["owner"]);

        File.Copy(_folder["subjects/cat/mask.png"], _folder["subjects/dog6/mask.png"], overwrite: true);
        var retried = await CliRun.RunAsync(["dataset", "retry", .. place]);
        Assert.True(retried.ExitCode == ExitCode.Done, retried.Error);
        Assert.Equal(["cat", "dog6"], Results().Keys.Order());

        var elsewhere = await DatasetAsync("status");
        Assert.Contains($"--server {server.Url}", (string?)elsewhere.Document["error"]!["hint"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dataset run --out out", "Neither --manifest nor --dreambooth")]
    [InlineData("dataset run --out out --manifest a --dreambooth b", "name two sources")]
    [InlineData("dataset run --out out --manifest none.jsonl", "There is no manifest")]
    [InlineData("dataset status", "No dataset run was begun")]
    [InlineData("dataset status r-0a1b", "There is no dataset run r-0a1b")]
    [InlineData("dataset items --state lost", "--state must be one of")]
    [InlineData("dataset resume ../x", "can't be the id of a dataset run")]
    public async Task Dataset_WhatCannotBe_IsRefusedInASentence(string line, string sentence)
    {
        var run = await CliRun.RunAsync([.. line.Split(' '), "--data", _folder["data"]]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains(sentence, run.Error, StringComparison.Ordinal);
    }

    private static (int, int) Counts(CliRun run) => ((int)run.Document["counts"]!["succeeded"]!, (int)run.Document["counts"]!["failed"]!);

    private static string Line(string id, string image, string mask) =>
        $$"""{"id": "{{id}}", "image": "{{image}}", "objects": [{"mask": "{{mask}}", "class": "cat"}]}""";

    private string Write(IEnumerable<string> lines) => _folder.Write("m.jsonl", Encoding.UTF8.GetBytes(string.Join('\n', lines)));

    private void Subject(string name)
    {
        _folder.Write($"subjects/{name}/00.png", File.ReadAllBytes(Repository.Sample("cat.png")));
        _folder.Write($"subjects/{name}/mask.png", File.ReadAllBytes(Repository.Sample("cat-mask.png")));
    }

    /// <summary>The manifests of the results that lie in the folder, whole ones and no other folders.</summary>
    private Dictionary<string, string> Results() =>
        Directory
            .EnumerateDirectories(_folder["out"])
            .ToDictionary(
                folder => Path.GetFileName(folder),
                folder => (string)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!["id"]!
            );

    private Task<CliRun> DatasetAsync(params string[] args) => CliRun.RunAsync(["dataset", .. args, "--data", _folder["data"], "--format", "json"]);
}
