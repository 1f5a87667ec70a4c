using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>A cluster that is drained for an upgrade, and silos that leave by themselves.</summary>
public sealed class DrainTests
{
    private const string Why = "Waits: the cluster is drained for an upgrade.";

    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeDrainMark _mark = new();

    [Fact]
    public void Grant_Drained_GivesAndLendsNothingAndSaysWhy()
    {
        var model = Model();
        model.Enqueue(Entry("j1"));
        Assert.True(model.Started(Assert.Single(model.Grant(s_start)).Lease with { Epoch = 1 }));
        model.Drain = new DrainMark(5, s_start);
        model.Enqueue(Entry("j2"));

        Assert.Empty(model.Grant(s_start));
        Assert.Empty(model.Lend("j1", 1, wanted: 1, [], s_start));
        Assert.Equal(Why, Assert.Single(model.Snapshot().Queue).Waiting);
        Assert.Equal((Why, 1), (model.OutlookOf(Entry("j2")).Waiting, model.OutlookOf(Entry("j2")).Position));
        var figures = model.Measure();
        Assert.Equal((1, 0, 1, 1), (figures.Queued, figures.Startable, figures.Wanted, figures.Leased));

        model.Drain = null;
        Assert.Equal("j2", Assert.Single(model.Grant(s_start)).Entry.JobId);
    }

    [Fact]
    public void Retire_ASiloThatIsUsedOrWaitedFor_Stays()
    {
        var model = Model();
        model.Enqueue(Entry("j1"));
        var lease = Assert.Single(model.Grant(s_start)).Lease;
        var other = lease.Silo == "a" ? "b" : "a";
        Assert.False(model.Retire(lease.Silo));
        model.Enqueue(Entry("large") with { RequiredBytes = 1L << 40 });
        Assert.True(model.Retire(other));
        Assert.Equal(1, model.Offering);

        // One that would fit waits for nothing but the free slot.
        model.Announce(other, [new SlotAnnouncement(0, "cpu", 1L << 40)], s_start);
        Assert.False(model.Retire(other));
        model.Remove("large");
        Assert.True(model.Retire(other));
        // What nobody has heard of may go.
        Assert.True(model.Retire("c"));
    }

    [Fact]
    public async Task Drain_AJobRuns_ItStopsAtACheckpointAndNobodyGetsASlotUntilResumed()
    {
        await using var world = new TestWorld();
        await StartAsync(world);
        var gate = world.Engine.GateAt("j1", 1, "step 3");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;

        var drains = await world.Scheduler.Drain();
        await world.Job("j2").Submit(TestWorld.Request());
        Assert.Equal((5, 1, 1), (drains.Mark!.ContractVersion, drains.Running, drains.Offering));
        await world.WatchUntilAsync("j2", e => e.Message == Why);

        var departure = Departure(world);
        var leaving = departure.LeaveWithOthersAsync(TestContext.Current.CancellationToken);
        gate.Open();
        await leaving;
        Assert.Equal("The cluster is drained for an upgrade", await departure.Told);
        var drained = await world.Scheduler.GetDrain();
        Assert.Equal((0, 2, 0), (drained.Running, drained.Waiting, drained.Offering));
        Assert.Equal((JobState.Queued, Why), ((await world.StatusAsync("j1")).State, (await world.StatusAsync("j1")).Waiting));

        // Those that come for it are none the wiser than the mark: a new scheduler reads it.
        await world.StopAsync();
        await StartAsync(world);
        await world.WhenAnnouncedAsync(1);
        Assert.Equal((0, 2), ((await world.Scheduler.GetDrain()).Running, (await world.Scheduler.GetDrain()).Waiting));
        Assert.Null((await world.Scheduler.Resume()).Mark);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j2"))[^1].Stage);
        var events = await world.WatchAsync("j1");
        Assert.Equal(Enumerable.Range(1, events.Count).Select(seq => (long)seq), events.Select(e => e.Sequence));
    }

    [Fact]
    public async Task DrainSilo_OneOfTwo_IsAskedToLeave()
    {
        await using var world = new TestWorld();
        await StartAsync(world, silos: 2);
        await world.WhenAnnouncedAsync(2);
        var (leaving, staying) = (world.Cluster.Silos[1], world.Cluster.Silos[0]);

        var status = await world.Scheduler.DrainSilo(leaving.SiloAddress.ToParsableString());

        Assert.Null(status.Mark);
        Assert.Equal(2, status.Silos.Length);
        Assert.Equal("It was asked to leave (oneshot cluster drain)", await leaving.ServiceProvider.GetRequiredService<IDeparture>().Told);
        Assert.False(staying.ServiceProvider.GetRequiredService<IDeparture>().Told.IsCompleted);
        var error = (await Assert.ThrowsAsync<OneShotException>(() => world.Scheduler.DrainSilo("10.0.0.1:1@1"))).Detail;
        Assert.Equal((ErrorCodes.NotFound, "There is no silo 10.0.0.1:1@1."), (error.Code, error.Message));
    }

    [Fact]
    public async Task Drain_OneProcessAlone_IsRefusedWithTheWayToStopIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync();

        var error = (await Assert.ThrowsAsync<OneShotException>(world.Scheduler.Drain)).Detail;

        Assert.Equal((ErrorCodes.Conflict, "One process works on these jobs, and there is no cluster to drain."), (error.Code, error.Message));
        Assert.Contains("Stop that process", error.Hint, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OneShotException>(() => world.Scheduler.DrainSilo(world.Cluster.Silos[0].SiloAddress.ToParsableString()));
    }

    [Fact]
    public async Task ExitWhenIdle_JobsEndAndNobodyWaits_LeavesAndOffersNothing()
    {
        await using var world = new TestWorld();
        await StartAsync(world, configure: options => options.ExitWhenIdle = TimeSpan.FromSeconds(1));
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);

        Assert.Equal("It had nothing to do for 1 s, and no job waits for its slots", await Departure(world).Told);
        Assert.Equal(0, (await world.Scheduler.GetDrain()).Offering);
    }

    private static IDeparture Departure(TestWorld world) => world.Cluster.Silos[0].ServiceProvider.GetRequiredService<IDeparture>();

    private static SchedulerModel Model()
    {
        var model = new SchedulerModel(new SchedulerState(), TimeSpan.FromMinutes(1), s_start);
        model.Announce("a", [new SlotAnnouncement(0, "cpu", 1L << 30)], s_start);
        model.Announce("b", [new SlotAnnouncement(0, "cpu", 1L << 30)], s_start);
        return model;
    }

    private static QueueEntry Entry(string id) => new(id, "ann", 0, s_start);

    private Task StartAsync(TestWorld world, short silos = 1, Action<OneShotGrainsOptions>? configure = null) =>
        world.StartAsync(
            silos: silos,
            configure: (_, options) =>
            {
                options.RequeueOnStop = true;
                configure?.Invoke(options);
            },
            silo: silo => silo.Services.AddSingleton<IDrainMark>(_mark)
        );
}
