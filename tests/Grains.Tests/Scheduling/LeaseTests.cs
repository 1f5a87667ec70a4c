using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>What the scheduler says to jobs about their leases, when answers are lost, news is late, or leases lapse without anybody's death.</summary>
public sealed class LeaseTests
{
    [Fact]
    public async Task LoseSlot_LeaseLapsedWhileItsSiloLives_IsNoDeath()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: (_, options) => options.MaxDeaths = 1);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            var gate = world.Engine.GateAt("j1", epoch, "step 2");
            if (epoch == 1)
            {
                await world.Job("j1").Submit(TestWorld.Request());
            }
            await gate.Reached;
            var lease = Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
            Assert.True(await world.Scheduled("j1").LoseSlot(lease, "lease_expired"));
        }

        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
        Assert.Equal(4, (await world.StatusAsync("j1")).Epoch);
    }

    [Fact]
    public async Task LoseSlot_SiloOfTheLeaseIsGone_IsADeath()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: (_, options) => options.MaxDeaths = 1);
        var gate = world.Engine.GateAt("j1", 1, "step 2");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var lease = Assert.Single((await world.Scheduler.GetSnapshot()).Leases);
        await world.Scheduled("j1").LoseSlot(lease, "silo_lost");
        var status = await world.EndOfAsync("j1");
        Assert.StartsWith("The process that worked for this job died 1 times", status.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoseSlot_OfAnOlderEpochOnTheSameSlot_ComesTooLateAndChangesNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var (first, second) = (world.Engine.GateAt("j1", 1, "step 2"), world.Engine.GateAt("j1", 2, "step 2"));
        await world.Job("j1").Submit(TestWorld.Request());
        await first.Reached;
        var old = await LeasedAsync(world, "j1", epoch: 1);
        Assert.True(await world.Scheduled("j1").LoseSlot(old, "lease_expired"));
        await second.Reached;
        var present = await LeasedAsync(world, "j1", epoch: 2);
        Assert.Equal((old.Silo, old.Slot), (present.Silo, present.Slot));

        Assert.False(await world.Scheduled("j1").LoseSlot(old, "lease_expired"));

        Assert.Equal(2, (await LeasedAsync(world, "j1", epoch: 2)).Epoch);
        second.Open();
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
    }

    [Fact]
    public async Task Start_NeverAnswered_TheSlotIsTakenAndTheJobHearsOfIt()
    {
        await using var world = new TestWorld();
        var lost = 0;
        await world.StartAsync(
            silos: 2,
            configure: (_, options) => (options.MaxUnansweredStarts, options.SchedulerPeriod) = (2, TimeSpan.FromMilliseconds(100)),
            silo: silo =>
                silo.AddIncomingGrainCallFilter(async context =>
                {
                    await context.Invoke();
                    if (
                        context.InterfaceMethod.Name == nameof(IScheduledImplantation.Start)
                        && context.InterfaceMethod.DeclaringType == typeof(IScheduledImplantation)
                        && Interlocked.Increment(ref lost) <= 2
                    )
                    {
                        throw new IOException("The answer is lost.");
                    }
                })
        );
        await world.WhenAnnouncedAsync(2);
        var (first, second) = (world.Engine.GateAt("j1", 1, "step 3"), world.Engine.GateAt("j1", 2, "step 3"));
        await world.Job("j1").Submit(TestWorld.Request());
        await first.Reached;
        await second.Reached;
        // What works for the job is what the scheduler knows of.
        await LeasedAsync(world, "j1", epoch: 2);
        second.Open();
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        await world.WhenIdleAsync();
        Assert.Empty((await world.Scheduler.GetSnapshot()).Leases);
    }

    [Fact]
    public async Task Start_OfALeaseThatIsOver_ComesLate_TheJobIsTakenOffIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2, configure: (_, options) => options.SchedulerPeriod = TimeSpan.FromMilliseconds(100));
        await world.WhenAnnouncedAsync(2);
        var busy = new[] { world.Engine.GateAt("busy1", 1, "step 1"), world.Engine.GateAt("busy2", 1, "step 1") };
        await world.Job("busy1").Submit(TestWorld.Request());
        await world.Job("busy2").Submit(TestWorld.Request());
        foreach (var gate in busy)
        {
            await gate.Reached;
        }
        var leases = (await world.Scheduler.GetSnapshot()).Leases.ToDictionary(lease => lease.JobId);
        await world.Job("j1").Submit(TestWorld.Request());

        // Said long ago, of a lease that the scheduler has taken back since.
        var late = await world.Scheduled("j1").Start(leases["busy2"] with { JobId = "j1", Epoch = 0 });
        Assert.Equal((leases["busy2"].Silo, 1L), (late!.Silo, late.Epoch));
        var present = world.Engine.GateAt("j1", 2, "step 1");
        busy[0].Open();
        await present.Reached;
        Assert.Equal(leases["busy1"].Silo, (await LeasedAsync(world, "j1", epoch: 2)).Silo);
        present.Open();
        busy[1].Open();
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
    }

    /// <summary>Waits until the scheduler knows that an epoch of a job works with its only lease.</summary>
    private static async Task<SlotLease> LeasedAsync(TestWorld world, string job, long epoch)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (true)
        {
            limit.Token.ThrowIfCancellationRequested();
            if ((await world.Scheduler.GetSnapshot()).Leases.SingleOrDefault(lease => lease.JobId == job) is { } lease && lease.Epoch == epoch)
            {
                return lease;
            }
        }
    }
}
