using System.Text.Json.Nodes;
using OrleansOneShot.EndToEnd.Tests.Support;

namespace OrleansOneShot.EndToEnd.Tests.Cluster;

/// <summary>A silo that stands still until its job has ended elsewhere, and then goes on.</summary>
public sealed class ZombieTests : IDisposable
{
    private readonly TestFolder _folder = new();

    [Fact]
    public async Task FrozenSilo_ThawedAfterItsJobEndedElsewhere_PublishesNothingAndStops()
    {
        await using var cluster = await TestCluster.StartAsync(2, _folder.Data);
        await using var job = OneShotProcess.Start([.. ImplantArguments.Create(_folder.Data, steps: 80)[..^2], "--out", _folder.Out, .. cluster.Options]);
        var id = ImplantArguments.JobId(await job.SaysAsync(ImplantArguments.NamesJob));
        await job.TrainsAsync(12);
        var zombie = Assert.Single(await cluster.FindAsync("leased"));
        await zombie.FreezeAsync();
        (await job.EndAsync()).Expect(0);
        var published = TestFolder.Hash(_folder.Job(id));

        await zombie.ThawAsync();
        // Evicted from the cluster, its process ends by itself, in words; what it did until then changed nothing.
        var ended = (await zombie.EndAsync()).Expect(4);
        Assert.Contains("This silo was taken for dead by the others", ended.Error, StringComparison.Ordinal);
        Assert.Contains("Start it again.", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Unhandled", ended.Error, StringComparison.Ordinal);

        var manifest = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.Job(id), "manifest.json")))!;
        Assert.Equal(2, (int)manifest["epoch"]!);
        Assert.All(manifest["files"]!.AsArray(), file => Assert.StartsWith("epochs/2/result/", (string)file!["stored"]!, StringComparison.Ordinal));
        var left = TestFolder.Hash(_folder.Job(id));
        Assert.All(published, file => Assert.Equal(file.Value, left[file.Key]));
        Assert.DoesNotContain(left.Keys, path => path.StartsWith(Path.Combine("epochs", "1", "result"), StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();
}
