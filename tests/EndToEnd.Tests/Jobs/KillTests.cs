using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Jobs;

/// <summary>Processes that die in the middle of a job.</summary>
public sealed class KillTests(UninterruptedRun reference) : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Implant_KilledThreeTimes_EndsWithTheSameFilesAndAnUnbrokenLog()
    {
        // One before the first checkpoint (step 10), one before the second, one before the last.
        var random = new Random(1234);
        int[] steps = [random.Next(2, 9), random.Next(11, 18), random.Next(20, 23)];
        TestContext.Current.SendDiagnosticMessage("Killed at steps {0}", string.Join(", ", steps));

        string id;
        await using (var first = OneShotProcess.Start(ImplantArguments.Create(_folder)))
        {
            id = ImplantArguments.JobId(await first.SaysAsync(ImplantArguments.NamesJob));
            await first.TrainsAsync(steps[0]);
            first.Kill();
            (await first.EndAsync()).Expect(OneShotProcess.Killed);
        }

        for (var i = 1; i < steps.Length; i++)
        {
            await using var next = OneShotProcess.Start(Watch(id));
            await next.WritesAsync(line => HasReached(line, epoch: i + 1, steps[i]));
            next.Kill();
            (await next.EndAsync()).Expect(OneShotProcess.Killed);
            Assert.False(File.Exists(Path.Combine(_folder.Job(id), "manifest.json")), "A killed process had published already.");
        }

        var last = (await OneShotProcess.RunAsync(Watch(id))).Expect(0);

        await reference.AssertSameFilesAsync(Path.Combine(_folder.Job(id), "result"));
        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Job(id), "manifest.json")))!;
        Assert.Equal(steps.Length + 1, (int?)manifest["epoch"]);
        AssertUnbroken(last.Lines);
        Assert.Equal(last.Lines.Select(item => (int)item["seq"]!), StoredNumbers(id));
    }

    // The method whose checkpoints hold the most: all weights of a UNet.
    [Fact]
    public async Task Implant_DreamboothKilled_EndsWithTheSameFilesAndDraws()
    {
        string[] method = ["--method", "dreambooth", "--class-pictures", "2"];
        (await OneShotProcess.RunAsync([.. ImplantArguments.Create(_folder["other"]), .. method, "--out", _folder["whole"]])).Expect(0);

        string id;
        await using (var first = OneShotProcess.Start([.. ImplantArguments.Create(_folder), .. method]))
        {
            id = ImplantArguments.JobId(await first.SaysAsync(ImplantArguments.NamesJob));
            await first.TrainsAsync(13);
            first.Kill();
            (await first.EndAsync()).Expect(OneShotProcess.Killed);
        }

        var last = (await OneShotProcess.RunAsync(Watch(id))).Expect(0);
        var terms = last.Lines.Select(item => item["terms"]).OfType<JsonArray>().Last(terms => terms.Count > 0);
        Assert.Equal(["global", "prior"], terms.Select(term => (string?)term!["name"]));

        var (expected, actual) = (TestFolder.Hash(_folder["whole"]), TestFolder.Hash(Path.Combine(_folder.Job(id), "result")));
        expected.Remove("manifest.json");
        actual.Remove("manifest.json");
        Assert.Contains("unet/diffusion_pytorch_model.safetensors", expected.Keys);
        Assert.Equal(expected, actual);

        string[] generate = ["generate", "--implantation", _folder["whole"], "--model", Repository.TinyModel, "--prompt", "a photo of <cat>", "--steps", "2"];
        (await OneShotProcess.RunAsync([.. generate, "--data", _folder.Data, "--out", _folder["drawn"]])).Expect(0);
        Assert.True(File.Exists(Path.Combine(_folder["drawn"], "0001.png")));
    }

    public void Dispose() => _folder.Dispose();

    private string[] Watch(string id) => ["jobs", "watch", id, "--data", _folder.Data, "--format", "json"];

    private static bool HasReached(string line, int epoch, int step)
    {
        var item = JsonNode.Parse(line)!;
        return (int)item["epoch"]! == epoch && item["losses"] is not null && (int)item["step"]! >= step;
    }

    private static void AssertUnbroken(IReadOnlyList<JsonObject> events)
    {
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(item => (int)item["seq"]!));
        Assert.Equal("Succeeded", (string?)events[^1]["stage"], ignoreCase: true);
        var trained = events.Where(item => item["losses"] is not null).ToLookup(item => (int)item["step"]!, item => item["losses"]!.ToJsonString());
        Assert.Equal(Enumerable.Range(1, ImplantArguments.Steps), trained.Select(step => step.Key).Order());

        // What a killed process had done since its last checkpoint is done again, with the same numbers.
        Assert.All(trained, step => Assert.Single(step.Distinct()));
        Assert.Contains(trained, step => step.Count() > 1);
    }

    private IEnumerable<int> StoredNumbers(string id) =>
        Directory
            .EnumerateDirectories(Path.Combine(_folder.Job(id), "epochs"))
            .OrderBy(epoch => int.Parse(Path.GetFileName(epoch), CultureInfo.InvariantCulture))
            .SelectMany(epoch => File.ReadLines(Path.Combine(epoch, "progress.jsonl")))
            .Select(line => (int)JsonNode.Parse(line)!["seq"]!);
}
