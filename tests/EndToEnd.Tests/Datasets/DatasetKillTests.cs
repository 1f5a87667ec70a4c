using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Datasets;

/// <summary>Processes that die in the middle of a run over many photos.</summary>
public sealed class DatasetKillTests : IDisposable
{
    private static readonly string[] s_subjects = ["cat-1", "cat-2", "cat-3", "cat-4", "cat-5"];

    private readonly TestFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Run_KilledTwiceAndResumed_EndsWithOneReport_AndEverySubjectOnce()
    {
        var photos = _folder["subjects"];
        foreach (var subject in s_subjects)
        {
            var place = Directory.CreateDirectory(Path.Combine(photos, subject)).FullName;
            File.Copy(Repository.Sample("cat.png"), Path.Combine(place, "00.png"));
            File.Copy(Repository.Sample("cat-mask.png"), Path.Combine(place, "mask.png"));
        }

        string[] run =
        [
            .. new[] { "dataset", "run", "--dreambooth", photos, "--data", _folder.Data, "--out", _folder.Out, "--parallel", "1" },
            .. new[] { "--model", Repository.TinyModel, "--resolution", "64", "--steps", "6", "--checkpoint-every", "2" },
            .. new[] { "--samples", "0", "--precision", "fp32", "--seed", "7" },
        ];
        string[] resume = ["dataset", "resume", "--data", _folder.Data];
        await using (var first = OneShotProcess.Start(run))
        {
            await first.SaysAsync(IsDone);
            first.Kill();
            (await first.EndAsync()).Expect(OneShotProcess.Killed);
        }

        await using (var second = OneShotProcess.Start(resume))
        {
            await second.SaysAsync(IsDone);
            second.Kill();
            (await second.EndAsync()).Expect(OneShotProcess.Killed);
        }

        var last = (await OneShotProcess.RunAsync([.. resume, "--format", "json"])).Expect(0);

        Assert.Equal(s_subjects.Length, (int?)last.Document["counts"]!["succeeded"]);
        var report = (await File.ReadAllLinesAsync(Path.Combine(_folder.Out, "report.jsonl"))).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(s_subjects, report.Select(item => (string)item["id"]!));
        Assert.Equal(s_subjects, Directory.EnumerateDirectories(_folder.Out).Select(folder => Path.GetFileName(folder)).Order());

        // One job a subject, and the results that lie there are those jobs'.
        var jobs = (await OneShotProcess.RunAsync("jobs", "list", "--data", _folder.Data, "--format", "json")).Expect(0).Document["jobs"]!.AsArray();
        Assert.Equal(report.Select(item => (string)item["job"]!).Order(), jobs.Select(job => (string)job!["id"]!).Order());
        Assert.All(jobs, job => Assert.Equal("Succeeded", (string?)job!["state"]));
        Assert.All(report, item => Assert.Equal((string?)item["job"], JobIn(Path.Combine(_folder.Out, (string)item["id"]!))));
    }

    private static bool IsDone(string line) => line.Contains(": done in ", StringComparison.Ordinal);

    private static string? JobIn(string folder) => (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")))!["id"];
}
