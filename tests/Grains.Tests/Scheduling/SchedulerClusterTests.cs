using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>The scheduler in a cluster: placement, reasons, limits, and states of older versions.</summary>
public sealed class SchedulerClusterTests
{
    [Fact]
    public async Task TrainingGrain_HintToASiloWithoutSlots_GoesToOneThatHasSome()
    {
        await using var world = new TestWorld();
        await world.StartAsync(
            slots: 0,
            silos: 3,
            configure: (silo, options) =>
            {
                if (silo.EndsWith('1'))
                {
                    options.Slots = [new SlotAnnouncement(0, "cpu", 1L << 30)];
                }
            }
        );
        await world.WhenAnnouncedAsync(1);
        var trainer = Assert.Single((await world.Scheduler.GetSnapshot()).Slots.Keys);
        var others = world.Cluster.Silos.Select(silo => silo.SiloAddress.ToParsableString()).Where(silo => silo != trainer).ToList();
        Assert.Equal(2, others.Count);
        for (var i = 0; i < 8; i++)
        {
            foreach (var hint in others)
            {
                var grain = world.Cluster.Client.GetGrain<ITrainingGrain>($"placed-{hint}-{i}/1");
                await PlacementHint.CallAsync(hint, () => grain.Stop(1));
                Assert.Equal(trainer, (await AddressAsync(world, grain))?.ToParsableString());
                var lent = world.Cluster.Client.GetGrain<ICombinationGrain>($"placed-{hint}-{i}/1/0");
                await PlacementHint.CallAsync(hint, lent.Close);
            }
        }

        // And a job finds its slot.
        await world.Job("j").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j"))[^1].Stage);
    }

    [Fact]
    public async Task Submit_NoSlotInTheCluster_SaysSo()
    {
        await using var world = new TestWorld();
        await world.StartAsync(
            slots: 0,
            configure: (_, options) => (options.HeartbeatPeriod, options.SchedulerPeriod) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20))
        );
        await world.Job("j1").Submit(TestWorld.Request());
        var why = await world.WatchUntilAsync("j1", e => e.Message?.StartsWith("No silo", StringComparison.Ordinal) == true);
        Assert.Equal((JobState.Queued, "No silo offers a slot: start one with oneshot serve."), (why.Stage, why.Message));
        Assert.Equal(why.Message, (await world.StatusAsync("j1")).Waiting);
    }

    [Fact]
    public async Task Announce_OfASiloThatIsDead_IsNotBelieved()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        var slots = (await world.Scheduler.GetSnapshot()).Slots;
        var home = await AddressAsync(world, world.Scheduler);
        var victim = world.Cluster.Silos.Single(silo => !silo.SiloAddress.Equals(home));
        var address = victim.SiloAddress.ToParsableString();
        await world.Cluster.KillSiloAsync(victim);
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while ((await world.Scheduler.GetSnapshot()).Slots.ContainsKey(address))
        {
            limit.Token.ThrowIfCancellationRequested();
        }

        // As a silo that was frozen does when it continues.
        await world.Scheduler.Announce(address, slots[address]);
        Assert.Equal([home!.ToParsableString()], (await world.Scheduler.GetSnapshot()).Slots.Keys);
    }

    [Fact]
    public async Task Status_Waiting_TellsHowManyAreAhead()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 1");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Job("j2").Submit(TestWorld.Request());
        await world.Job("j3").Submit(TestWorld.Request());
        Assert.Null((await world.StatusAsync("j1")).Waiting);
        Assert.Equal("Waits for a free slot.", (await world.StatusAsync("j2")).Waiting);
        Assert.Equal("Waits for a free slot; 1 job is ahead.", (await world.StatusAsync("j3")).Waiting);
        gate.Open();
        await world.WatchAsync("j3");
    }

    [Fact]
    public async Task Submit_OverTheOwnersLimit_IsRefusedAndStoresNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: (_, options) => options.MaxQueuedPerOwner = 2);
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request());
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j3").Submit(TestWorld.Request()));
        Assert.Equal((ErrorCodes.Limit, "ann has 2 jobs in the queue, the most for an owner; try again in 60 s."), (error.Detail.Code, error.Detail.Message));
        Assert.Equal(TimeSpan.FromSeconds(60), error.RetryAfter);
        Assert.Null(await world.Job("j3").GetStatus());
        Assert.Equal(2, (await world.Catalog.List(new JobQuery())).Jobs.Length);
        // Submitting again what waits already is no new job; another owner has room.
        await world.Job("j2").Submit(TestWorld.Request());
        await world.Job("j4").Submit(TestWorld.Request(owner: "bob"));
        await world.Job("j1").Cancel();
        await world.Job("j3").Submit(TestWorld.Request());
        Assert.Equal(["j2", "j3", "j4"], (await world.Scheduler.GetSnapshot()).Queue.Select(entry => entry.JobId).Order());
    }

    [Fact]
    public async Task Restart_ManyJobs_AllWaitInTheSameOrder()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await Task.WhenAll(
            Enumerable.Range(0, 300).Select(i => world.Scheduler.Enqueue(new QueueEntry($"j{i}", $"o{i % 7}", i % 3, DateTimeOffset.UnixEpoch.AddSeconds(i))))
        );
        await Task.WhenAll(Enumerable.Range(0, 300).Where(i => i % 5 == 0).Select(i => world.Scheduler.Remove($"j{i}")));
        var before = (await world.Scheduler.GetSnapshot()).Queue;
        Assert.Equal(240, before.Length);
        await world.KillAsync();
        await world.StartAsync(slots: 0);
        Assert.Equal(before, (await world.Scheduler.GetSnapshot()).Queue);
    }

    private static async Task<SiloAddress?> AddressAsync(TestWorld world, IAddressable grain) =>
        await world.Cluster.Client.ServiceProvider.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
}
