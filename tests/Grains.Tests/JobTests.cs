using System.Text.Json.Nodes;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests;

public sealed class JobTests
{
    [Fact]
    public async Task Submit_FreeSlot_SucceedsAndPublishes()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var submitted = await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Queued, submitted.State);

        var events = await world.WatchAsync("j1");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        Assert.Equal(
            [JobState.Queued, JobState.Preparing, JobState.Training, JobState.Sampling, JobState.Publishing, JobState.Succeeded],
            events.Select(e => e.Stage).Distinct());
        Assert.Equal([1, 2, 3, 4, 5], events.Where(e => e.Losses is not null).Select(e => e.Step));

        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 1L, 5, 5), (status.State, status.Epoch, status.Step, status.Steps));
        Assert.Equal(["my-cat.safetensors", "samples/000.png"], status.Files.Select(file => file.Path));
        Assert.Equal(0.6, status.Metrics!.Objects[0].IaObject);
        Assert.Contains("few samples", status.Warnings);
        foreach (var file in status.Files)
            Assert.Equal((file.Bytes, file.Sha256), await Stored(world, BlobPaths.ResultFile("j1", file.Path)));

        var manifest = JsonNode.Parse((await world.Files.ReadAllBytesAsync(BlobPaths.Manifest("j1")))!)!;
        Assert.Equal("j1", (string?)manifest["id"]);
        Assert.Equal("my-cat", (string?)manifest["name"]);
        Assert.Equal(1, (int?)manifest["epoch"]);
        Assert.Equal(7, (int?)manifest["seed"]);
        Assert.Equal("toyworld-64", (string?)manifest["model"]!["name"]);
        Assert.Equal(0.9, (double?)manifest["metrics"]!["prototype_similarity"]);
        Assert.Equal(0.6, (double?)manifest["metrics"]!["objects"]![0]!["ia_object"]);
        Assert.Equal(["few samples", "a warning of the engine"], manifest["warnings"]!.AsArray().Select(w => (string?)w));
        Assert.Equal(status.Files[0].Sha256, (string?)manifest["files"]![0]!["sha256"]);
        // The checkpoint has served; the log stays.
        Assert.Equal(["jobs/j1/epochs/0/progress.jsonl", "jobs/j1/epochs/1/progress.jsonl"], await world.FilesAsync("jobs/j1/epochs/"));
    }

    private static async Task<(long, string)> Stored(TestWorld world, string path)
    {
        var info = (await world.Files.GetInfoAsync(path))!;
        return (info.Bytes, info.Sha256);
    }
}
