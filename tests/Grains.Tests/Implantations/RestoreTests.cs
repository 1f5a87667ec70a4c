using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>The state of jobs is put back from a backup, beside a store that went on.</summary>
public sealed partial class RestoreTests
{
    private const string Published = "Its result was already published by epoch 1; the job's state came from an older backup.";

    [Theory]
    [InlineData(JobState.Queued)]
    [InlineData(JobState.Training)]
    [InlineData(JobState.Sampling)]
    [InlineData(JobState.Publishing)]
    public async Task Resume_PublishedAfterTheBackup_EndsAsItHadEnded(JobState then)
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, then, "j1", () => world.Job("j1").Submit(TestWorld.Request()));
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var before = await SightAsync(world, "j1");

        await RestoreAsync(world, putBack, resume: true);

        await world.EndOfAsync("j1");
        await AssertSameAsync(world, before, "j1");
        await world.WhenNoSlotIsTakenAsync();
        Assert.Empty((await world.Scheduler.GetSnapshot()).Queue);
        Assert.Equal([1L], world.Engine.Jobs.Keys.Where(run => run.JobId == "j1").Select(run => run.Epoch));
    }

    [Theory]
    [InlineData(JobState.Queued)]
    [InlineData(JobState.Sampling)]
    [InlineData(JobState.Publishing)]
    public async Task Resume_GenerationPublishedAfterTheBackup_EndsAsItHadEnded(JobState then)
    {
        await using var world = await StartAsync();
        var request = new GenerationRequest
        {
            Name = "pictures",
            Owner = "ann",
            Model = new ModelReference { Name = "toyworld-64" },
            Prompts = ["a cat"],
            PerPrompt = 2,
        };
        var putBack = await BackUpAsync(world, then, "g1", () => world.Generation("g1").Submit(request));
        await WhenEndedAsync(world);
        await world.WhenIdleAsync();
        var files = await HashesAsync(world, "g1");

        await RestoreAsync(world, putBack, resume: true);

        await WhenEndedAsync(world);
        var after = (await world.Generation("g1").GetStatus())!;
        Assert.Equal((JobState.Succeeded, 1L, 3, 2, 2), (after.State, after.Epoch, after.Files.Length, after.Step, after.Steps));
        Assert.Equal(files, await HashesAsync(world, "g1"));
        Assert.Equal([1L], world.Engine.Drawings.Keys.Select(run => run.Epoch));

        Task WhenEndedAsync(TestWorld one) =>
            one.WhenAsync(async () => (await one.Generation("g1").GetStatus())!.State.IsFinal(), () => Task.FromResult("an unfinished generation"));
    }

    [Theory]
    [InlineData("result")]
    [InlineData("manifest")]
    public async Task Resume_PublishedResultIsDamaged_RunsAgainAboveItAndSaysWhy(string what)
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, JobState.Training, "j1", () => world.Job("j1").Submit(TestWorld.Request()));
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var good = (await world.StatusAsync("j1")).Files;
        await world.StopAsync();
        putBack();
        var path = what == "result" ? StorePaths.EpochResult("j1", 1) + "my-cat.safetensors" : StorePaths.Manifest("j1");
        await File.WriteAllTextAsync(world.PathOf(path), "noise");
        await world.StartAsync(resume: true);

        var status = await world.EndOfAsync("j1");

        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.Equal(good, status.Files);
        await world.WhenIdleAsync();
        Assert.All((await PublishedResult.ReadAsync(world.Files, "j1"))!.Files, file => Assert.StartsWith("jobs/j1/epochs/2/", file.Stored.Path));
        var said = Assert.Single(
            await world.WatchAsync("j1"),
            progress => progress.Message?.StartsWith("The store has a result", StringComparison.Ordinal) == true
        );
        Assert.True(said.IsWarning);
        Assert.Contains(what == "result" ? $"{path} is damaged" : "The manifest of job j1 is damaged", said.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_EpochsAfterTheBackup_GoesOnAboveThemAndKeepsTheirFiles()
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, JobState.Training, "j1", () => world.Job("j1").Submit(TestWorld.Request()), "step 3", open: false);
        // Epoch 2 comes further, and ends with its process.
        await world.KillAsync();
        var second = world.Engine.GateAt("j1", 2, "committed 4");
        await world.StartAsync(resume: true);
        await second.Reached;
        var seen = await SeenAsync(world, "j1", progress => progress is { Epoch: 2, Stage: JobState.Training, Step: 4 });
        await world.KillAsync();
        putBack();
        await world.StartAsync(resume: true);

        var status = await world.EndOfAsync("j1");

        Assert.Equal((JobState.Succeeded, 3L), (status.State, status.Epoch));
        Assert.Equal([1L, 2L, 3L], world.Engine.Jobs.Keys.Select(run => run.Epoch).Order());
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), status.Files[0].Sha256);
        await world.WhenIdleAsync();
        // What was seen under a number is there still, also for those who come later.
        var events = await world.WatchAsync("j1");
        Assert.Equal(Json(seen), Json(events.Take(seen.Count)));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(progress => progress.Sequence));
        await world.StopAsync();
        await world.StartAsync(slots: 0);
        Assert.Equal(Json(events), Json(await world.WatchAsync("j1")));
    }

    [Fact]
    public async Task Resume_LaterJobUnderTheIdHasPublished_IsThatJob()
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, JobState.Queued, "j1", () => world.Job("j1").Submit(TestWorld.Request()), open: false);
        await world.Job("j1").Cancel();
        await world.Job("j1").Delete();
        await world.Job("j1").Submit(TestWorld.Request() with { Seed = 8 });
        world.Engine.GateAt("first", 1, "step 1").Open();
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
        await world.WhenIdleAsync();
        var files = await HashesAsync(world, "j1");
        var runs = world.Engine.Order.Count;

        await RestoreAsync(world, putBack, resume: true);

        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 8L), (status.State, status.Request.Seed));
        Assert.Equal(files, await HashesAsync(world, "j1"));
        Assert.DoesNotContain(world.Engine.Order.Skip(runs), id => id == "j1");
        Assert.StartsWith("A later job under this id has published its result", (await world.WatchAsync("j1"))[^1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Resume_EarlierJobUnderTheIdHadPublished_RunsAboveItAndReplacesIt()
    {
        await using var world = await StartAsync();
        await world.Job("j1").Submit(TestWorld.Request());
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var manifest = JsonNode.Parse((await world.Files.ReadAllBytesAsync(StorePaths.Manifest("j1")))!)!;
        var copy = new Dictionary<string, byte[]>();
        foreach (var path in await world.FilesAsync("jobs/j1/epochs/1/result/"))
        {
            copy[path] = (await world.Files.ReadAllBytesAsync(path))!;
        }
        await world.Job("j1").Delete();
        await world.StopAsync();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request() with { Seed = 8 });
        await world.StopAsync();
        // The store is the older of the two.
        copy[StorePaths.Manifest("j1")] = JsonSerializer.SerializeToUtf8Bytes(manifest);
        foreach (var (path, bytes) in copy)
        {
            await world.Files.WriteAsync(path, new MemoryStream(bytes));
        }
        await world.StartAsync(resume: true);

        var status = await world.EndOfAsync("j1");

        Assert.Equal((JobState.Succeeded, 2L, 8L), (status.State, status.Epoch, status.Request.Seed));
        await world.WhenIdleAsync();
        Assert.All((await PublishedResult.ReadAsync(world.Files, "j1"))!.Files, file => Assert.StartsWith("jobs/j1/epochs/2/", file.Stored.Path));
        Assert.Contains(
            await world.WatchAsync("j1"),
            progress => progress.Message == "The store has the result of an earlier job under this id, published by epoch 1, which this one will replace."
        );
    }

    private static async Task<TestWorld> StartAsync()
    {
        var world = new TestWorld();
        world.Engine.WritesRequest = true;
        await world.StartAsync();
        return world;
    }

    /// <summary>Submits a job, backs up when it has come to a state, and lets it go on.</summary>
    private static async Task<Action> BackUpAsync(TestWorld world, JobState then, string id, Func<Task> submit, string? point = null, bool open = true)
    {
        var gate = then switch
        {
            JobState.Queued => world.Engine.GateAt("first", 1, "step 1"),
            JobState.Training => world.Engine.GateAt(id, 1, point ?? "step 3"),
            JobState.Sampling => world.Engine.GateAt(id, 1, id == "g1" ? "picture 2" : "sample"),
            _ => new Gate(),
        };
        if (then == JobState.Queued)
        {
            await world.Job("first").Submit(TestWorld.Request());
            await gate.Reached;
        }
        if (then == JobState.Publishing)
        {
            world.Store.BeforeWrite = path => path == StorePaths.EpochManifest(id, 1) ? gate.PassAsync() : Task.CompletedTask;
        }
        await submit();
        await gate.Reached;
        await world.WhenAsync(async () => (await world.StateAsync(id)).State == then, async () => (await world.StateAsync(id)).State.ToString());
        var putBack = world.BackUp();
        if (open)
        {
            gate.Open();
        }
        return putBack;
    }

    private static async Task RestoreAsync(TestWorld world, Action putBack, bool resume, int slots = 1)
    {
        await world.StopAsync();
        putBack();
        await world.StartAsync(slots, resume);
    }

    private static async Task<(string Status, List<ProgressEvent> Events, SortedDictionary<string, string> Files)> SightAsync(TestWorld world, string id) =>
        (Json((await world.StatusAsync(id)) with { Finished = null, Seconds = 0, LastSequence = 0 }), await world.WatchAsync(id), await HashesAsync(world, id));

    /// <summary>All is as it was, but for a line more in the log.</summary>
    private static async Task AssertSameAsync(
        TestWorld world,
        (string Status, List<ProgressEvent> Events, SortedDictionary<string, string> Files) before,
        string id
    )
    {
        var after = await SightAsync(world, id);
        Assert.Equal(before.Status, after.Status);
        Assert.Equal(before.Files, after.Files);
        Assert.Equal(Json(before.Events), Json(after.Events.Take(before.Events.Count)));
        Assert.Equal((JobState.Succeeded, Published), (after.Events[^1].Stage, after.Events[^1].Message));
        await world.WhenAsync(
            async () => (await world.Catalog.List(new JobQuery())).Jobs.Single(job => job.Id == id) is { State: JobState.Succeeded, Step: 5, Steps: 5 },
            async () => Json((await world.Catalog.List(new JobQuery())).Jobs)
        );
    }

    /// <summary>What a watcher has seen up to an event.</summary>
    private static async Task<List<ProgressEvent>> SeenAsync(TestWorld world, string id, Func<ProgressEvent, bool> last)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        var seen = new List<ProgressEvent>();
        await foreach (var progress in world.Job(id).Watch(1).WithCancellation(limit.Token))
        {
            seen.Add(progress);
            if (last(progress))
            {
                break;
            }
        }
        return seen;
    }

    /// <summary>The job's files but the logs, which grow.</summary>
    private static async Task<SortedDictionary<string, string>> HashesAsync(TestWorld world, string id)
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        await foreach (var file in world.Files.ListAsync(StorePaths.Job(id)))
        {
            if (!file.Path.EndsWith("progress.jsonl", StringComparison.Ordinal))
            {
                hashes[file.Path] = file.Sha256;
            }
        }
        return hashes;
    }

    private static string Json<T>(T value) => JsonSerializer.Serialize(value);
}
