using System.Diagnostics;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Datasets;

/// <summary>A run over many photos in a cluster on blob storage, whose processes die in the middle of it.</summary>
public sealed class DatasetClusterTests : IDisposable
{
    private static readonly string[] s_subjects = ["cat-1", "cat-2", "cat-3", "cat-4"];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_ClientAndSiloKilled_StatusTellsWhatWasNotUploaded_AndResumeEndsWithEverySubjectOnce()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Has no named pipes in its file system.");
        var photos = _folder["subjects"];
        foreach (var subject in s_subjects)
        {
            var place = Directory.CreateDirectory(Path.Combine(photos, subject)).FullName;
            File.Copy(Repository.Sample("cat.png"), Path.Combine(place, "00.png"));
            File.Copy(Repository.Sample("cat-mask.png"), Path.Combine(place, "mask.png"));
        }

        // The client comes no further than to the last photo, which is a pipe that nobody writes to.
        var late = Path.Combine(photos, s_subjects[^1], "00.png");
        File.Delete(late);
        using (var make = Process.Start("mkfifo", [late]))
        {
            await make.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, make.ExitCode);
        }

        await using var cluster = await BlobCluster.StartAsync();
        await cluster.AddSiloAsync(_folder["silo-a"]);
        await cluster.AddSiloAsync(_folder["silo-b"]);
        string[] client = ["--data", _folder["client"]];
        string[] run =
        [
            .. new[] { "dataset", "run", "--dreambooth", photos, "--out", _folder.Out, "--parallel", "1", "--model", Repository.TinyModel },
            .. new[] { "--resolution", "64", "--steps", "60", "--checkpoint-every", "5", "--samples", "0", "--precision", "fp32", "--seed", "7" },
        ];
        await using (var owner = cluster.Start([.. run, .. client]))
        {
            await owner.SaysAsync(line => line.StartsWith("cat-1: done in ", StringComparison.Ordinal));
            // The second subject's job, unless it is done already.
            var (data, silo) = await cluster.FindLeasedAsync(client) ?? cluster.Silos[0];
            owner.Kill();
            silo.Kill();
            (await owner.EndAsync()).Expect(OneShotProcess.Killed);

            // One item is sent with the next, of which there was none.
            var status = (await cluster.RunAsync(["dataset", "status", "--format", "json", .. client])).Expect(0).Document;
            Assert.Equal(("Running", 4), ((string?)status["state"], (int)status["items"]!));
            Assert.StartsWith("2 of 4 items wait for their upload", (string?)status["waiting_reason"], StringComparison.Ordinal);
            Assert.Contains($"oneshot dataset resume {status["id"]} ", (string?)status["waiting_reason"], StringComparison.Ordinal);
            await cluster.AddSiloAsync(data);
        }

        File.Delete(late);
        File.Copy(Repository.Sample("cat.png"), late);
        var resumed = (await cluster.RunAsync(["dataset", "resume", "--format", "json", .. client])).Expect(0).Document;
        (await cluster.RunAsync(["dataset", "report", .. client])).Expect(0);

        Assert.Equal(s_subjects.Length, (int?)resumed["counts"]!["succeeded"]);
        Assert.Null(resumed["waiting_reason"]);
        var report = (await File.ReadAllLinesAsync(Path.Combine(_folder.Out, "report.jsonl"), TestContext.Current.CancellationToken))
            .Select(line => JsonNode.Parse(line)!)
            .ToList();
        Assert.Equal(s_subjects, report.Select(item => (string)item["id"]!));
        var jobs = (await cluster.RunAsync(["jobs", "list", "--format", "json", .. client])).Expect(0).Document["jobs"]!.AsArray();
        Assert.Equal(report.Select(item => (string)item["job"]!).Order(), jobs.Select(job => (string)job!["id"]!).Order());
        Assert.All(jobs, job => Assert.Equal("Succeeded", (string?)job!["state"]));
        Assert.All(report, item => Assert.Equal((string?)item["job"], JobIn(Path.Combine(_folder.Out, (string)item["id"]!))));
    }

    private static string? JobIn(string folder) => (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!["id"];
}
