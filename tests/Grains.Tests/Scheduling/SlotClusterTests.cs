using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>Devices, memory and lost silos, through a cluster whose silos announce what a test says they have.</summary>
public sealed class SlotClusterTests
{
    private const long Gib = 1L << 30;

    [Fact]
    public async Task Queue_PeakIsMoreThanAnySlotHas_WaitsWithBothFiguresAndGoesOnWhenALargerSiloJoins()
    {
        await using var world = new TestWorld { Engine = { PeakBytes = (3 * Gib) - 1 } };
        await world.StartAsync(configure: Offer(("cpu", 4 * Gib)));
        await world.Job("measured").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("measured"))[^1].Stage);
        await world.StopAsync();

        await world.StartAsync(configure: Offer(("cpu", 2 * Gib)));
        await world.Job("alike").Submit(TestWorld.Request());
        const string Why = "Waits for memory: needs 3 GiB on cpu, where the largest slot has 2 GiB.";
        await world.WatchUntilAsync("alike", progress => progress.Message == Why);
        Assert.Equal((JobState.Queued, Why), await world.StatusAsync("alike") is { } status ? (status.State, status.Waiting) : default);
        Assert.Equal(Why, Assert.Single((await world.Scheduler.GetSnapshot()).Queue).Waiting);
        // Of another kind, so nothing is known of it.
        await world.Job("other").Submit(TestWorld.Request() with { Training = TestWorld.Request().Training with { Resolution = 768 } });
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("other"))[^1].Stage);

        world.Configure = Offer(("cpu", 3 * Gib));
        await world.Cluster.StartAdditionalSiloAsync();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("alike"))[^1].Stage);
    }

    [Fact]
    public async Task Queue_GpuWantedAndNoneThere_WaitsUntilOneJoinsAndRunsOnIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: Offer(("cpu", Gib)));
        await world.Job("gpu").Submit(Wants("cuda:0"));
        await world.WatchUntilAsync("gpu", progress => progress.Message == "Waits: no slot has a cuda device.");
        Assert.Equal("Waits: no slot has a cuda device.", (await world.StatusAsync("gpu")).Waiting);
        await world.Job("any").Submit(Wants("auto"));
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("any"))[^1].Stage);

        world.Configure = Offer(("cuda:1", Gib));
        await world.Cluster.StartAdditionalSiloAsync();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("gpu"))[^1].Stage);
        await world.Job("auto").Submit(Wants("auto"));
        await world.WatchAsync("auto");
        await world.Job("cpu").Submit(Wants("cpu"));
        await world.WatchAsync("cpu");
        Assert.Equal(["cpu", "cuda:1", "cuda:1", "cpu"], new[] { "any", "gpu", "auto", "cpu" }.Select(job => world.Engine.Jobs[(job, 1)].Device));
    }

    [Fact]
    public async Task Embedded_JobThatNamesADevice_TakesTheSlotAndIsBoundByItsRequestAlone()
    {
        await using var world = new TestWorld { Engine = { PeakBytes = 5 * Gib } };
        await world.StartAsync();
        await world.Job("j1").Submit(Wants("cuda:3"));
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Null(world.Engine.Jobs[("j1", 1)].Device);
    }

    [Fact]
    public async Task Backstop_NobodyToldOfTheLostSilo_TheJobGoesOnElsewhere()
    {
        await using var world = new TestWorld();
        var reminders = new SharedReminders();
        await world.StartAsync(
            silos: 2,
            configure: (_, options) =>
            {
                // Leases do not lapse within this test.
                options.LeaseDuration = TimeSpan.FromHours(1);
                options.SchedulerPeriod = options.BackstopPeriod = TimeSpan.FromMilliseconds(200);
            },
            silo: silo =>
            {
                reminders.Serve(silo);
                // Nobody watches the membership.
                silo.Services.Remove(silo.Services.Single(service => service.ImplementationType == typeof(TrainerLifecycle)));
            }
        );
        foreach (var silo in world.Cluster.Silos)
        {
            silo.ServiceProvider.GetRequiredService<SlotAnnouncer>().Start();
        }
        await world.WhenAnnouncedAsync(2);
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var lost = Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo;
        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == lost));

        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.NotEqual(lost, Assert.Single((await world.Scheduler.GetSnapshot()).Slots.Keys));
        gate.Open();
        await world.Engine.EndOf("j1", 1);
    }

    [Fact]
    public async Task SiloLost_SchedulerKnowsNoSlots_TheOthersAnnounceTheirsAtOnce()
    {
        await using var world = new TestWorld();
        await world.StartAsync(
            silos: 2,
            configure: (_, options) =>
            {
                options.HeartbeatPeriod = TimeSpan.FromHours(1);
                options.LeaseDuration = TimeSpan.FromHours(4);
            }
        );
        await world.WhenAnnouncedAsync(2);
        await world.Cluster.DeactivateAsync(world.Scheduler);
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Empty((await world.Scheduler.GetSnapshot()).Slots);

        await world.Cluster.KillSiloAsync(world.Cluster.Silos[^1]);

        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1", 3 * TestWorld.Limit)).State);
    }

    private static ImplantationRequest Wants(string device) => TestWorld.Request() with { Training = TestWorld.Request().Training with { Device = device } };

    private static Action<string, OneShotGrainsOptions> Offer(params (string Device, long Bytes)[] slots) =>
        (_, options) =>
        {
            options.WaitForDevice = true;
            options.HeartbeatPeriod = TimeSpan.FromMilliseconds(200);
            options.SchedulerPeriod = TimeSpan.FromMilliseconds(200);
            options.Slots = [.. slots.Select((slot, number) => new SlotAnnouncement(number, slot.Device, slot.Bytes))];
        };
}
