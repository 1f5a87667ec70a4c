using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Core.Internal;
using Orleans.Runtime.Placement;
using OrleansOneShot.Grains.Tests.Fakes;

namespace OrleansOneShot.Grains.Tests.Diagnostics;

/// <summary>The scheduler's gauges are exported where it lives, and there alone.</summary>
public sealed class SchedulerGaugesTests
{
    [Fact]
    public async Task Gauges_OfASchedulerThatMoves_MoveWithIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        var values = world.Cluster.Silos.ToDictionary(
            silo => silo.SiloAddress,
            silo => new MeasuredValues(silo.ServiceProvider.GetRequiredService<IMeterFactory>())
        );
        var home = Assert.Single(Exporters());
        var other = values.Keys.Single(silo => !silo.Equals(home));
        Assert.Contains("oneshot.slots [{slot}] state=free: 2", values[home].Read());

        RequestContext.Set(IPlacementDirector.PlacementHintKey, other);
        await world.Scheduler.AsReference<IGrainManagementExtension>().MigrateOnIdle();
        RequestContext.Remove(IPlacementDirector.PlacementHintKey);

        await world.WhenAsync(
            async () =>
            {
                // Whoever calls finds it, wherever it is by now; never do two silos tell of one queue.
                var slots = await world.Scheduler.CountSlots();
                Assert.InRange(Exporters().Count, 0, 1);
                return slots == 2 && Exporters() is [var silo] && silo.Equals(other);
            },
            () => Task.FromResult(string.Join(", ", Exporters()))
        );
        await world.WhenAsync(
            () => Task.FromResult(values[other].Read().Contains("oneshot.slots [{slot}] state=free: 2")),
            () => Task.FromResult(string.Join('\n', values[other].Read()))
        );
        foreach (var value in values.Values)
        {
            value.Dispose();
        }

        List<SiloAddress> Exporters() =>
            [
                .. values
                    .Where(silo => silo.Value.Read().Any(value => value.StartsWith("oneshot.queue.depth", StringComparison.Ordinal)))
                    .Select(silo => silo.Key),
            ];
    }

    [Fact]
    public async Task Counters_OfJobs_AreExact()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        using var values = new MeasuredValues(world.Cluster.Silos[0].ServiceProvider.GetRequiredService<IMeterFactory>());
        for (var i = 0; i < 3; i++)
        {
            await world.Job($"j{i}").Submit(TestWorld.Request(steps: 5, checkpointEvery: 2));
            await world.WatchAsync($"j{i}");
        }

        await world.WhenNoSlotIsTakenAsync();
        var read = values.Read();
        Assert.Contains("oneshot.implantations [{implantation}] error_type=none model=toyworld-64 outcome=succeeded: 3", read);
        Assert.Contains("oneshot.steps [{step}] model=toyworld-64 phase=training: 15", read);
        Assert.Contains("oneshot.implantations.active [{implantation}] state=publishing: 0", read);
        Assert.Contains("oneshot.implantations.active [{implantation}] state=training: 0", read);
        Assert.Contains("oneshot.queue.depth [{implantation}]: 0", read);
        Assert.DoesNotContain(read, value => value.Contains("failures [{failure}]: 1", StringComparison.Ordinal));
    }
}
