using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>Crashes, full disks and trainers that were replaced.</summary>
public sealed class FailureTests
{
    private const string Full = "The disk that holds /data is full: it was not written. Free some space there and start again.";

    [Theory]
    [InlineData("jobs/j1/epochs/1/result/samples/000.png")]
    [InlineData("jobs/j1/epochs/1/manifest.json")]
    public async Task Publish_DiskFull_FailsClearlyAndLeavesNothing(string which)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Store.BeforeWrite = path => path == which ? throw new IOException(Full) { HResult = 28 } : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Failed, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(new ErrorDetail(ErrorCodes.Failed, Full, null, "Nothing was published."), (await world.StatusAsync("j1")).Error);
        await world.WhenOnlyTheLogIsLeftAsync("j1");
    }

    [Fact]
    public async Task Report_LogCannotBeStored_TrainingGoesOnAndNothingIsLost()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "sample");
        world.Store.BeforeAppend = path => path.Contains("/epochs/1/", StringComparison.Ordinal) ? throw new IOException(Full) : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        world.Store.BeforeAppend = null;
        gate.Open();
        var events = await world.WatchAsync("j1");
        await world.Cluster.DeactivateAsync(world.Job("j1"));
        // Read from the store again.
        Assert.Equal(events, await world.WatchAsync("j1"));
        Assert.Equal(5, events.Count(e => e.Losses is not null));
    }

    [Fact]
    public async Task Resume_KilledInTraining_GoesOnFromTheCheckpointToTheSameResult()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 6");
        await world.Job("j1").Submit(TestWorld.Request(steps: 9));
        await gate.Reached;
        var seen = await world.WatchUntilAsync("j1", e => e.Stage == JobState.Training && e.Step == 5);
        await world.KillAsync();

        // A process that does not resume trains nothing.
        await world.StartAsync(resume: false);
        Assert.Equal(JobState.Training, (await world.StatusAsync("j1")).State);
        await world.StopAsync();
        Assert.Single(world.Engine.Jobs);

        await world.StartAsync(resume: true);
        var rest = await world.WatchAsync("j1", seen.Sequence + 1);
        Assert.Equal(seen.Sequence + 1, rest[0].Sequence);
        Assert.Equal(Enumerable.Range(0, rest.Count).Select(n => seen.Sequence + 1 + n), rest.Select(e => e.Sequence));
        Assert.Equal([5, 6, 7, 8, 9], rest.Where(e => e.Losses is not null).Select(e => e.Step));
        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.Equal(4, world.Engine.Jobs[("j1", 2)].Resume!.Step);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request(steps: 9)), status.Files[0].Sha256);
        gate.Open();
        await world.Engine.EndOf("j1", 1);
    }

    [Fact]
    public async Task Stop_InTraining_CommitsTheNewestStepAndWaitsForTheNextProcess()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.StopAsync();
        Assert.IsType<OperationCanceledException>(await world.Engine.EndOf("j1", 1), exactMatch: false);

        await world.StartAsync(resume: false);
        var parked = await world.StatusAsync("j1");
        Assert.Equal((JobState.Queued, 3), (parked.State, parked.Step));
        Assert.Equal("Was interrupted; goes on with the next process that resumes.", parked.Waiting);
        Assert.True(await world.Job("j1").EnsureRunning("restart"));
        Assert.False(await world.Job("j1").EnsureRunning("restart"));
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(3, world.Engine.Jobs[("j1", 2)].Resume!.Step);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), (await world.StatusAsync("j1")).Files[0].Sha256);
    }

    [Fact]
    public async Task Resume_KilledBetweenTheResultAndTheManifest_PublishesThatResult()
    {
        await using var world = new TestWorld();
        await world.KillBeforeManifestAsync();
        Assert.Null(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
        var proposed = (await world.Files.GetInfoAsync(StorePaths.EpochManifest("j1", 1)))!.Sha256;

        await world.StartAsync(resume: true);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        var status = await world.StatusAsync("j1");
        Assert.Equal(["my-cat.safetensors", "samples/000.png"], status.Files.Select(file => file.Path));
        Assert.Equal(0.5, status.Metrics!.Ia);
        Assert.Equal(["few samples", "a warning of the engine"], status.Warnings);
        Assert.Single(world.Engine.Jobs);
        Assert.Equal(proposed, (await world.Files.GetInfoAsync(StorePaths.Manifest("j1")))!.Sha256);
    }

    [Fact]
    public async Task Publish_AnswerOfTheManifestsWriteIsLost_IsPublishedOnce()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var writes = 0;
        world.Store.AfterWrite = path =>
            path == StorePaths.Manifest("j1") && writes++ == 0
                ? throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The answer is lost.")
                : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(1, writes);
        Assert.Equal(2, (await world.StatusAsync("j1")).Files.Length);
    }

    [Fact]
    public async Task Zombie_WithAnUploadedResult_IsNotReferenced()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        world.Engine.Deaf[("j1", 1)] = true;
        var (proposed, present) = (new Gate(), world.Engine.GateAt("j1", 2, "step 5"));
        world.Store.AfterWrite = path => path == StorePaths.EpochManifest("j1", 1) ? proposed.PassAsync() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await proposed.Reached;
        var silo = await SiloOfAsync(world, "j1");
        await world.Scheduler.SiloLost(silo);
        await present.Reached;

        // All that is left for it to do is to ask the job to take its result.
        proposed.Open();
        await world.WhenIdleAsync(silo);
        Assert.Null(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
        present.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        await world.WhenIdleAsync();
        var published = (await PublishedResult.ReadAsync(world.Files, "j1"))!;
        Assert.Equal(["my-cat.safetensors", "samples/000.png"], published.Files.Select(file => file.Path));
        Assert.All(published.Files, file => Assert.StartsWith("jobs/j1/epochs/2/result/", file.Stored.Path, StringComparison.Ordinal));
        foreach (var file in published.Files)
        {
            Assert.Equal(file.Stored, await world.Files.GetInfoAsync(file.Stored.Path));
        }
        Assert.Empty(await world.FilesAsync("jobs/j1/epochs/1/result/"));
        Assert.Equal(["jobs/j1/result/my-cat.safetensors", "jobs/j1/result/samples/000.png"], await world.FilesAsync("jobs/j1/result/"));
    }

    [Fact]
    public async Task Zombie_InTraining_CanNeitherReportNorCommit()
    {
        await using var world = new TestWorld();
        var (_, old, present) = await ReplaceAsync(world, "step 3", "step 3");

        old.Open();
        // Whichever the engine meets first, its report's answer or its commit's, it ends there.
        Assert.NotNull(await world.Engine.EndOf("j1", 1));
        Assert.Equal(2, (await world.StatusAsync("j1")).Epoch);
        present.Open();
        var events = await world.WatchAsync("j1");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        Assert.Equal([1, 2], events.Where(e => e.Epoch == 1 && e.Losses is not null).Select(e => e.Step));
        Assert.Equal([3, 4, 5], events.Where(e => e.Epoch == 2 && e.Losses is not null).Select(e => e.Step));
        await world.WhenIdleAsync();
        Assert.DoesNotContain(await world.FilesAsync("jobs/j1/epochs/1/"), path => path.Contains("checkpoint", StringComparison.Ordinal));
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), (await world.StatusAsync("j1")).Files[0].Sha256);
    }

    [Fact]
    public async Task LoseSlot_SaidAgainWhenTheJobWorksElsewhere_ChangesNothing()
    {
        await using var world = new TestWorld();
        var (lost, old, present) = await ReplaceAsync(world, "step 3", "step 3");

        Assert.False(await world.Scheduled("j1").LoseSlot(lost, "silo_lost"));
        Assert.False(await world.Scheduled("j1").LoseSlot(lost with { Epoch = 0 }, "lease_expired"));
        old.Open();
        present.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(2, (await world.StatusAsync("j1")).Epoch);
    }

    [Fact]
    public async Task Zombie_WithAResult_CannotPublish()
    {
        await using var world = new TestWorld();
        var (lost, old, present) = await ReplaceAsync(world, "done", "step 5");

        old.Open();
        Assert.Null(await world.Engine.EndOf("j1", 1));
        await world.WhenIdleAsync(lost.Silo);
        Assert.Empty(await world.FilesAsync("jobs/j1/result/"));
        Assert.Null(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").BeginPublish(1));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").Report(1, []));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").CommitCheckpoint(1, new CheckpointReference(1, 5, "x", 1, "x"), null));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").Complete(1));
        await world.Trained("j1").Fail(1, new ErrorDetail(ErrorCodes.Failed, "of the old epoch"));
        await world.Trained("j1").Release(1, requeue: true);
        var untouched = await world.StatusAsync("j1");
        Assert.Equal((2L, (ErrorDetail?)null), (untouched.Epoch, untouched.Error));
        present.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
    }

    [Fact]
    public async Task Resume_DiedThreeTimesWithoutACheckpoint_FailsWithItsHistory()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.GateAt("j1", 1, "step 2");
        await world.Job("j1").Submit(TestWorld.Request());
        var died = "";
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            var gate = world.Engine.GateAt("j1", epoch, "step 2");
            await gate.Reached;
            var silo = died = await SiloOfAsync(world, "j1");
            var slots = (await world.Scheduler.GetSnapshot()).Slots[silo];
            var now = epoch;
            await world.WatchUntilAsync("j1", e => e.Epoch == now && e.Losses is not null);
            world.Engine.GateAt("j1", epoch + 1, "step 2");
            await world.Scheduler.SiloLost(silo);
            await world.Scheduler.Announce(silo, slots);
        }

        Assert.Equal(JobState.Failed, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(
            $"The process that worked for this job died 3 times without reaching a new checkpoint: epoch 1 on {died} ended at step 1 while training "
                + $"(silo_lost); "
                + $"epoch 2 on {died} ended at step 1 while training (silo_lost); epoch 3 on {died} ended at step 1 while training (silo_lost).",
            (await world.StatusAsync("j1")).Error!.Message
        );
        Assert.Equal(3, world.Engine.Jobs.Count);
    }

    /// <summary>Two silos: j1 is taken from the one that trains it and does not hear, and works on the other one.</summary>
    private static async Task<(SlotLease Lost, Gate Old, Gate Present)> ReplaceAsync(TestWorld world, string oldAt, string presentAt)
    {
        await world.StartAsync(silos: 2);
        world.Engine.Deaf[("j1", 1)] = true;
        var (old, present) = (world.Engine.GateAt("j1", 1, oldAt), world.Engine.GateAt("j1", 2, presentAt));
        await world.Job("j1").Submit(TestWorld.Request());
        await old.Reached;
        var lost = Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
        await world.Scheduler.SiloLost(lost.Silo);
        await present.Reached;
        return (lost, old, present);
    }

    private static async Task<string> SiloOfAsync(TestWorld world, string job) =>
        (await world.Scheduler.GetSnapshot()).Leases.Single(lease => lease.JobId == job).Silo;
}
