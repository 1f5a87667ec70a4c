using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Tests.Scheduling;

public sealed class SchedulerTests
{
    [Fact]
    public async Task Queue_TwoOwnersOneSlot_TakeTurns()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("ann1", 1, "step 1");
        await world.Job("ann1").Submit(TestWorld.Request(owner: "ann"));
        await gate.Reached;
        foreach (var (id, owner) in ((string, string)[])[("ann2", "ann"), ("ann3", "ann"), ("bob1", "bob"), ("bob2", "bob")])
        {
            await world.Job(id).Submit(TestWorld.Request(owner: owner));
        }
        var snapshot = await world.Scheduler.GetSnapshot();
        Assert.Equal("ann1", Assert.Single(snapshot.Leases).JobId);
        Assert.Equal(1, snapshot.Leases[0].Epoch);
        Assert.Equal(["bob1", "ann2", "bob2", "ann3"], snapshot.Queue.Select(entry => entry.JobId));
        gate.Open();
        foreach (var id in (string[])["ann2", "ann3", "bob1", "bob2"])
        {
            await world.WatchAsync(id);
        }
        Assert.Equal(["ann1", "bob1", "ann2", "bob2", "ann3"], world.Engine.Order);
    }

    [Fact]
    public async Task Restart_QueuedJobs_AreStillQueued()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request(priority: 5));
        await world.KillAsync();
        await world.StartAsync(slots: 0);
        Assert.Equal(["j2", "j1"], (await world.Scheduler.GetSnapshot()).Queue.Select(entry => entry.JobId));
        Assert.Empty(world.Engine.Jobs);
    }

    [Fact]
    public async Task List_Pages_AreNewestFirstWithoutGapsOrRepeats()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        for (var i = 0; i < 5; i++)
        {
            await world.Job($"j{i}").Submit(TestWorld.Request(owner: i == 3 ? "bob" : "ann"));
        }
        await world.Job("j1").Cancel();
        var seen = new List<string>();
        string? cursor = null;
        do
        {
            var page = await world.Catalog.List(new JobQuery { PageSize = 2, Cursor = cursor });
            Assert.True(page.Jobs.Length <= 2);
            seen.AddRange(page.Jobs.Select(job => job.Id));
            cursor = page.Next;
        } while (cursor is not null);
        Assert.Equal(["j4", "j3", "j2", "j1", "j0"], seen);
        Assert.Equal(["j3"], (await world.Catalog.List(new JobQuery { Owner = "bob" })).Jobs.Select(job => job.Id));
        Assert.Equal(["j1"], (await world.Catalog.List(new JobQuery { State = JobState.Cancelled })).Jobs.Select(job => job.Id));
        Assert.Equal(4, (await world.Catalog.List(new JobQuery { UnfinishedOnly = true })).Jobs.Length);
        await Assert.ThrowsAsync<Documents.Errors.OneShotException>(() => world.Catalog.List(new JobQuery { Cursor = "nonsense" }));
        await Assert.ThrowsAsync<Documents.Errors.OneShotException>(() => world.Catalog.List(new JobQuery { PageSize = 0 }));
        await Assert.ThrowsAsync<Documents.Errors.OneShotException>(() => world.Catalog.List(new JobQuery { PageSize = JobQuery.MaxPageSize + 1 }));
        Assert.Equal(5, (await world.Catalog.List(new JobQuery { PageSize = JobQuery.MaxPageSize })).Jobs.Length);
    }

    [Fact]
    public async Task List_ByMetadata_ShowsJobsThatHoldAllPairs()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        var none = ImmutableDictionary<string, string>.Empty;
        var run = none.Add("run", "7");
        await world.Job("j0").Submit(TestWorld.Request());
        await world.Job("j1").Submit(TestWorld.Request() with { Metadata = run });
        await world.Job("j2").Submit(TestWorld.Request() with { Metadata = run.Add("item", "a") });
        await world.Job("j3").Submit(TestWorld.Request() with { Metadata = run.SetItem("run", "8").Add("item", "a") });

        Assert.Equal(4, (await world.Catalog.List(new JobQuery())).Jobs.Length);
        Assert.Equal(["j2", "j1"], await IdsAsync(run));
        Assert.Equal(["j2"], await IdsAsync(run.Add("item", "a")));
        Assert.Equal(["j3", "j2"], await IdsAsync(none.Add("item", "a")));
        Assert.Empty(await IdsAsync(none.Add("item", "")));
        Assert.Equal(run.AsEnumerable(), (await world.StatusAsync("j1")).Request.Metadata.AsEnumerable());
        var error = await Assert.ThrowsAsync<Documents.Errors.OneShotException>(() => IdsAsync(none.Add("a b", "")));
        Assert.Equal("metadata", error.Detail.Field);

        // They are part of what was asked for, and of nothing that is done.
        await Assert.ThrowsAsync<Documents.Errors.OneShotException>(() => world.Job("j1").Submit(TestWorld.Request()));
        await world.Job("j2").Submit(TestWorld.Request() with { Metadata = none.Add("item", "a").Add("run", "7") });

        async Task<IEnumerable<string>> IdsAsync(IReadOnlyDictionary<string, string> metadata) =>
            (await world.Catalog.List(new JobQuery { Metadata = metadata })).Jobs.Select(job => job.Id);
    }

    [Fact]
    public async Task List_RunningJob_ShowsItsPresentStep()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.WatchUntilAsync("j1", e => e.Step == 3 && e.Losses is not null);
        var line = Assert.Single((await world.Catalog.List(new JobQuery())).Jobs);
        Assert.Equal((JobState.Training, 3, 5), (line.State, line.Step, line.Steps));
        gate.Open();
        await world.WatchAsync("j1");
    }
}
