using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests;

/// <summary>Jobs whose silo is lost while their state can't be written, so that they can't be queued again.</summary>
public sealed class OrphanTests
{
    [Fact]
    public async Task SiloLost_JobCanNotBeWritten_IsQueuedAgainOnceItCan()
    {
        await using var world = new TestWorld();
        var gate = await LoseSiloAsync(world, resume: false);
        var left = 3;
        var (refused, enough) = (0, new TaskCompletionSource());
        world.BeforeStateWrite = grain =>
        {
            if (!grain.Contains("j1", StringComparison.Ordinal) || Interlocked.Decrement(ref left) < 0)
                return Task.CompletedTask;
            if (Interlocked.Increment(ref refused) == 3)
                enough.TrySetResult();
            throw new IOException("The database is away.");
        };
        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == gate.Silo));
        await enough.Task.WaitAsync(TestWorld.Limit);

        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        gate.Step.Open();
        await world.Engine.EndOf("j1", 1);
    }

    [Fact]
    public async Task SiloLost_SchedulerEndsBeforeTheJobCouldBeTold_TheReminderFindsIt()
    {
        await using var world = new TestWorld();
        var gate = await LoseSiloAsync(world, resume: true);
        var (away, refused) = (true, new TaskCompletionSource());
        world.BeforeStateWrite = grain =>
        {
            if (!away || !grain.Contains("j1", StringComparison.Ordinal))
                return Task.CompletedTask;
            refused.TrySetResult();
            throw new IOException("The database is away.");
        };
        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(silo => silo.SiloAddress.ToParsableString() == gate.Silo));
        await refused.Task.WaitAsync(TestWorld.Limit);
        await world.Cluster.DeactivateAsync(world.Scheduler);
        away = false;

        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        gate.Step.Open();
        await world.Engine.EndOf("j1", 1);
    }

    /// <summary>Two silos, one of which works for j1 and does not hear.</summary>
    private static async Task<(string Silo, Gate Step)> LoseSiloAsync(TestWorld world, bool resume)
    {
        var reminders = new SharedReminders();
        await world.StartAsync(
            silos: 2,
            resume: resume,
            configure: (_, options) =>
            {
                // Leases do not lapse within a test.
                options.LeaseDuration = TimeSpan.FromHours(1);
                options.SchedulerPeriod = options.BackstopPeriod = TimeSpan.FromMilliseconds(200);
            },
            silo: silo =>
            {
                silo.AddReminders();
                silo.Services.AddSingleton<IReminderTable>(reminders);
                silo.Services.Configure<ReminderOptions>(options => options.MinimumReminderPeriod = TimeSpan.FromMilliseconds(100));
            });
        await world.WhenAnnouncedAsync(2);
        world.Engine.Deaf[("j1", 1)] = true;
        var gate = world.Engine.GateAt("j1", 1, "step 4");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        return (Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo, gate);
    }
}
