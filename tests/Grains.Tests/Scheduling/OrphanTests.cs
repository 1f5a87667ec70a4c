using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>Jobs whose silo is lost while their state can't be written, so that they can't be queued again at once.</summary>
public sealed class OrphanTests
{
    [Fact]
    public async Task SiloLost_JobCanNotBeWritten_IsQueuedAgainOnceItCan()
    {
        await using var world = new TestWorld();
        // The silo that is called lost lives: nothing else than the scheduler finds out about the job.
        await world.StartAsync(
            configure: (_, options) =>
            {
                options.LeaseDuration = TimeSpan.FromHours(1);
                options.HeartbeatPeriod = options.SchedulerPeriod = TimeSpan.FromMilliseconds(200);
            }
        );
        await world.WhenAnnouncedAsync(1);
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var (left, enough) = (3, new TaskCompletionSource());
        world.BeforeStateWrite = grain =>
        {
            if (!grain.Contains("j1", StringComparison.Ordinal) || Interlocked.Decrement(ref left) < 0)
            {
                return Task.CompletedTask;
            }
            if (Volatile.Read(ref left) == 0)
            {
                enough.TrySetResult();
            }
            throw new IOException("The database is away.");
        };
        await world.Scheduler.SiloLost(Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo);
        await enough.Task.WaitAsync(TestWorld.Limit);

        // The first run still holds the slot; it may end only when the job is no longer its own.
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (await world.StatusAsync("j1") is { Epoch: 1, State: not JobState.Queued })
        {
            limit.Token.ThrowIfCancellationRequested();
        }
        gate.Open();
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        await world.Engine.EndOf("j1", 1);
    }

    [Fact]
    public async Task Start_TheAnswerIsLost_TheJobIsAskedAgainAndNotForgotten()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        Gate[] gates = [world.Engine.GateAt("busy1", 1, "step 1"), world.Engine.GateAt("busy2", 1, "step 1")];
        await world.Job("busy1").Submit(TestWorld.Request());
        await world.Job("busy2").Submit(TestWorld.Request());
        foreach (var gate in gates)
        {
            await gate.Reached;
        }
        await world.Job("j1").Submit(TestWorld.Request());
        await world.Job("j2").Submit(TestWorld.Request(owner: "bob"));

        // The first of the two has written that it starts, and fails before it does.
        var (started, refused) = (0, new TaskCompletionSource());
        world.BeforeStateWrite = grain =>
        {
            if (grain.Contains("/j1", StringComparison.Ordinal) || grain.Contains("/j2", StringComparison.Ordinal))
            {
                Interlocked.Increment(ref started);
            }
            else if (grain.Contains("catalog", StringComparison.OrdinalIgnoreCase) && Volatile.Read(ref started) > 0 && refused.TrySetResult())
            {
                throw new IOException("The database is away.");
            }
            return Task.CompletedTask;
        };
        gates[0].Open();
        await refused.Task.WaitAsync(TestWorld.Limit);
        gates[1].Open();

        foreach (var job in (string[])["j1", "j2"])
        {
            var status = await world.EndOfAsync(job);
            Assert.Equal((JobState.Succeeded, 1L), (status.State, status.Epoch));
        }
    }

    [Fact]
    public async Task SiloLost_SchedulerEndsBeforeTheJobCouldBeTold_TheReminderFindsIt()
    {
        await using var world = new TestWorld();
        var gate = await LoseSiloAsync(world);
        var (away, refused) = (true, new TaskCompletionSource());
        world.BeforeStateWrite = grain =>
        {
            if (!away || !grain.Contains("j1", StringComparison.Ordinal))
            {
                return Task.CompletedTask;
            }
            refused.TrySetResult();
            throw new IOException("The database is away.");
        };
        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == gate.Silo));
        // Calls to a silo that is gone may have to time out first, and that more than once.
        await refused.Task.WaitAsync(3 * TestWorld.Limit);
        await world.Cluster.DeactivateAsync(world.Scheduler);
        away = false;

        var status = await world.EndOfAsync("j1", 3 * TestWorld.Limit);
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        gate.Step.Open();
        await world.Engine.EndOf("j1", 1);
    }

    /// <summary>Two silos, one of which works for j1 and does not hear.</summary>
    private static async Task<(string Silo, Gate Step)> LoseSiloAsync(TestWorld world)
    {
        var reminders = new SharedReminders();
        await world.StartAsync(
            silos: 2,
            resume: true,
            configure: (_, options) =>
            {
                // Leases do not lapse within a test.
                options.LeaseDuration = TimeSpan.FromHours(1);
                options.SchedulerPeriod = options.BackstopPeriod = TimeSpan.FromMilliseconds(200);
            },
            silo: reminders.Serve
        );
        await world.WhenAnnouncedAsync(2);
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        return (Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo, gate);
    }
}
