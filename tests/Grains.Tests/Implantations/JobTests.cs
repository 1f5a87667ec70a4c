using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

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
            events.Select(e => e.Stage).Distinct()
        );
        Assert.Equal([1, 2, 3, 4, 5], events.Where(e => e.Losses is not null).Select(e => e.Step));

        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 1L, 5, 5), (status.State, status.Epoch, status.Step, status.Steps));
        Assert.Equal(["my-cat.safetensors", "samples/000.png"], status.Files.Select(file => file.Path));
        Assert.Equal(0.6, status.Metrics!.Objects[0].IaObject);
        Assert.Contains("few samples", status.Warnings);
        foreach (var file in status.Files)
        {
            Assert.Equal((file.Bytes, file.Sha256), await Stored(world, StorePaths.ResultFile("j1", file.Path)));
        }

        var manifest = JsonNode.Parse((await world.Files.ReadAllBytesAsync(StorePaths.Manifest("j1")))!)!;
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
        await world.WhenIdleAsync();
        Assert.Equal(
            [
                "jobs/j1/epochs/1/progress.jsonl",
                "jobs/j1/epochs/1/result/my-cat.safetensors",
                "jobs/j1/epochs/1/result/samples/000.png",
                "jobs/j1/manifest.json",
                "jobs/j1/result/my-cat.safetensors",
                "jobs/j1/result/samples/000.png",
            ],
            // What was said before the first epoch is stored on its own only if the job waited, or was watched, in time.
            (await world.FilesAsync("jobs/j1/")).Where(path => path != StorePaths.Progress("j1", 0))
        );
    }

    [Fact]
    public async Task Submit_SameRequestTwice_IsOneJob()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var first = await world.Job("j1").Submit(TestWorld.Request());
        var second = await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(first.Created, second.Created);
        Assert.Single((await world.Scheduler.GetSnapshot()).Queue);
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Submit(TestWorld.Request(steps: 6)));
        Assert.Equal((ErrorCodes.Conflict, "id"), (error.Detail.Code, error.Detail.Field));
    }

    [Fact]
    public async Task Submit_BadRequest_NamesTheFieldAndStoresNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Submit(TestWorld.Request(steps: 0)));
        Assert.Equal(ErrorCodes.InvalidInput, error.Detail.Code);
        Assert.Equal("training.steps", error.Detail.Field);
        Assert.Equal("training.steps is 0; it must be from 1 to 100000.", error.Message);
        Assert.Null(await world.Job("j1").GetStatus());
        error = await Assert.ThrowsAsync<OneShotException>(() => world.Job("../j1").Submit(TestWorld.Request()));
        Assert.Equal("id", error.Detail.Field);
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
    }

    [Fact]
    public async Task Calls_UnknownJob_AreNotFoundOrNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        Assert.Null(await world.Job("none").GetStatus());
        Assert.False(await world.Job("none").EnsureRunning("restart"));
        Assert.False(await world.Job("none").Delete());
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => world.Job("none").Cancel())).Detail.Code);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => world.WatchAsync("none"))).Detail.Code);
    }

    [Fact]
    public async Task Fail_EngineKnowsWhy_ShowsItsDetail()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var detail = new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty.", "objects[0].mask", "Paint something.");
        world.Engine.Failures[("j1", "prepare")] = new OneShotException(detail);
        await world.Job("j1").Submit(TestWorld.Request());
        var last = (await world.WatchAsync("j1"))[^1];
        Assert.Equal((JobState.Failed, "The mask is empty."), (last.Stage, last.Message));
        Assert.Equal(detail, (await world.StatusAsync("j1")).Error);
        Assert.Empty(await world.FilesAsync("jobs/j1/result/"));
    }

    [Fact]
    public async Task Fail_EngineBreaks_FreesTheSlotForTheNextJob()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Failures[("j1", "step 3")] = new InvalidOperationException("NaN everywhere");
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request());
        await world.WatchAsync("j1");
        await world.WatchAsync("j2");
        var failed = await world.StatusAsync("j1");
        Assert.Equal(new ErrorDetail(ErrorCodes.Failed, "The engine failed: NaN everywhere"), failed.Error);
        Assert.Equal(JobState.Succeeded, (await world.StatusAsync("j2")).State);
        await world.WhenIdleAsync();
        Assert.Empty(Directory.GetFileSystemEntries(world.WorkFolder));
    }

    [Fact]
    public async Task Delete_EndedJob_LeavesNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 1");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        Assert.Equal(ErrorCodes.Conflict, (await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Delete())).Detail.Code);
        gate.Open();
        await world.WatchAsync("j1");
        Assert.True(await world.Job("j1").Delete());
        Assert.Null(await world.Job("j1").GetStatus());
        Assert.Empty(await world.FilesAsync("jobs/"));
        Assert.Empty((await world.Catalog.List(new JobQuery())).Jobs);
    }

    private static async Task<(long, string)> Stored(TestWorld world, string path)
    {
        var info = (await world.Files.GetInfoAsync(path))!;
        return (info.Bytes, info.Sha256);
    }
}
