using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.FanOut;

/// <summary>A job of two objects whose steps are spread over silos in processes of their own.</summary>
public sealed class FanOutTests : IDisposable
{
    private const int Silos = 3;

    // More than a fast machine takes while the workers are looked up.
    private const int Steps = 300;

    private readonly TestFolder _folder = new();

    [Fact]
    public async Task Synchronous_OverThreeSilos_GivesTheFilesOfOneThatTakesTermByTerm()
    {
        await using var cluster = await TestCluster.StartAsync(Silos, _folder.Data);

        (await OneShotProcess.RunAsync(Spread(20, cluster))).Expect(0);
        (await OneShotProcess.RunAsync(Alone(20))).Expect(0);

        Assert.Equal(Files("here"), Files("there"));
        var figures = Manifest("there")["fan_out"]!["figures"]!;
        Assert.Equal(Silos, (int)figures["participants"]!);
        Assert.True((long)figures["bytes_sent"]! > 0);
        Assert.Equal(0, (int)figures["terms_repeated"]!);
    }

    [Fact]
    public async Task Synchronous_OneWorkerKilledAndOneFrozen_GivesTheSameFiles()
    {
        await using var cluster = await TestCluster.StartAsync(Silos, _folder.Data);
        await using (var job = OneShotProcess.Start(Spread(Steps, cluster)))
        {
            await job.TrainsAsync(5);
            var workers = await cluster.FindAsync("lent");
            Assert.Equal(Silos - 1, workers.Count);

            // Both at once: what the job says may stand still after the first, while its steps go on.
            await workers[1].FreezeAsync();
            workers[0].Kill();
            (await job.EndAsync()).Expect(0);
        }

        (await OneShotProcess.RunAsync(Alone(Steps))).Expect(0);

        Assert.Equal(Files("here"), Files("there"));
        var figures = Manifest("there")["fan_out"]!["figures"]!;

        // A worker whose grain was registered with the killed silo may be given up and borrowed again before.
        Assert.True((int)figures["workers_dropped"]! >= Silos - 1, figures.ToJsonString());
        Assert.True((int)figures["terms_repeated"]! >= Silos - 1, figures.ToJsonString());
        Assert.Equal(1, (int)Manifest("there")["epoch"]!);
    }

    public void Dispose() => _folder.Dispose();

    private string[] Spread(int steps, TestCluster cluster) =>
        [.. ImplantArguments.TwoObjects(steps, _folder["there"]), "--fan-out", "synchronous", .. cluster.Options];

    private string[] Alone(int steps) =>
        [.. ImplantArguments.TwoObjects(steps, _folder["here"]), "--fan-out", "local", "--micro-batch", "1", "--data", _folder["alone"]];

    // The manifest tells when and where; the request how it was asked for, as do README.md and report.html, whose first is compared but for that.
    private SortedDictionary<string, string> Files(string name)
    {
        var files = TestFolder.Hash(_folder[name]);
        files.Remove("manifest.json");
        files.Remove("request.json");
        files.Remove("report.html");
        files["README.md"] = File.ReadAllText(Path.Combine(_folder[name], "README.md"))
            .Replace("--fan-out synchronous", "--fan-out local --micro-batch 1", StringComparison.Ordinal);
        return files;
    }

    private JsonObject Manifest(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(_folder[name], "manifest.json")))!.AsObject();
}
