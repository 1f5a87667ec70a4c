using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

public sealed class CancelTests
{
    [Fact]
    public async Task Cancel_Queued_LeavesTheQueue()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
        Assert.Equal([JobState.Queued, JobState.Cancelled], (await world.WatchAsync("j1")).Select(e => e.Stage));
        Assert.Empty((await world.Scheduler.GetSnapshot()).Queue);
        Assert.Equal(JobState.Cancelled, Assert.Single((await world.Catalog.List(new JobQuery())).Jobs).State);
    }

    [Theory]
    [InlineData("prepare")]
    [InlineData("step 3")]
    [InlineData("committed 2")]
    [InlineData("sample")]
    [InlineData("done")]
    public async Task Cancel_WhileTheEngineWorks_StopsItAndPublishesNothing(string point)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, point);
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
        Assert.NotNull(await world.Engine.EndOf("j1", 1));
        await world.WhenIdleAsync();
        Assert.Equal(JobState.Cancelled, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(JobState.Cancelled, (await world.StatusAsync("j1")).State);
        await world.WhenOnlyTheLogIsLeftAsync("j1");
        // The slot is free again.
        await world.WhenNoSlotIsTakenAsync();
        await world.Job("j2").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j2"))[^1].Stage);
    }

    [Fact]
    public async Task Cancel_EngineStillWorks_KeepsTheSlotUntilItHasStopped()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Job("j1").Cancel();
        Assert.Equal("j1", Assert.Single((await world.Scheduler.GetSnapshot()).Leases).JobId);
        Assert.Equal(JobState.Queued, (await world.StatusAsync("j2")).State);
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j2"))[^1].Stage);
        Assert.Equal(JobState.Cancelled, (await world.StatusAsync("j1")).State);
    }

    [Fact]
    public async Task Cancel_WhilePublishing_RemovesWhatWasPublished()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = new Gate();
        world.Store.BeforeWrite = path => path == "jobs/j1/epochs/1/result/samples/000.png" ? gate.PassAsync() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        Assert.Equal(JobState.Publishing, (await world.Job("j1").Cancel()).State);
        gate.Open();
        Assert.Equal(JobState.Cancelled, (await world.WatchAsync("j1"))[^1].Stage);
        await world.WhenIdleAsync();
        await world.WhenOnlyTheLogIsLeftAsync("j1");
        Assert.Null(await world.Files.GetInfoAsync(StorePaths.Manifest("j1")));
    }

    [Fact]
    public async Task Cancel_ResultIsStoredWholeAndNotYetTaken_IsInTime()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = new Gate();
        world.Store.AfterWrite = path => path == StorePaths.EpochManifest("j1", 1) ? gate.PassAsync() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        Assert.Equal(JobState.Publishing, (await world.Job("j1").Cancel()).State);
        gate.Open();
        Assert.Equal(JobState.Cancelled, (await world.WatchAsync("j1"))[^1].Stage);
        await world.WhenOnlyTheLogIsLeftAsync("j1");
    }

    [Fact]
    public async Task Cancel_ManifestIsOut_CameTooLate()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = new Gate();
        world.Store.AfterWrite = path => path == StorePaths.Manifest("j1") ? gate.PassAsync() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var cancel = world.Job("j1").Cancel();
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await cancel).State);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(JobState.Succeeded, (await world.Job("j1").Cancel()).State);
    }
}
