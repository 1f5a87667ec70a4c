using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>
/// A job that is active twice, as silos that can't reach each other may let it be: the stored state moves on behind the back of the activation that is asked.
/// </summary>
public sealed class TwoActivationsTests
{
    [Fact]
    public async Task GetStatus_TheOtherHasGoneOn_TellsWhatIsStored()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: ShortTrust);
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Queued, (await world.StatusAsync("j1")).State);

        await world.EditAsync("j1", state => state with { State = JobState.Cancelled, Finished = state.Created });

        await world.WhenAsync(async () => await StateAsync(world) == JobState.Cancelled, async () => $"{await StateAsync(world)}");
    }

    [Fact]
    public async Task Watch_TheOtherHasGoneOn_EndsInsteadOfWaitingForEver()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: ShortTrust);
        await world.Job("j1").Submit(TestWorld.Request());
        var watch = world.WatchAsync("j1");

        await world.EditAsync("j1", state => state with { Warnings = ["written by the other"] });

        // Orleans ends a stream with whichever comes first: its activation's own error, or that the activation is gone, which is none of its other exceptions.
        var end = await Assert.ThrowsAnyAsync<Exception>(() => watch);
        Assert.True(end is EnumerationAbortedException || end.GetType() == typeof(OrleansException), $"It ended with {end}");
        Assert.Equal(JobState.Queued, (await world.WatchUntilAsync("j1", _ => true)).Stage);
    }

    [Fact]
    public async Task GetStatus_NobodyElseHasWritten_GoesOn()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: ShortTrust);
        var gate = world.Engine.GateAt("j1", 1, "sample");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        for (var i = 0; i < 50; i++)
        {
            Assert.NotNull(await world.Job("j1").GetStatus());
        }
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(1, (await world.StatusAsync("j1")).Epoch);
    }

    private static void ShortTrust(string silo, OneShotGrainsOptions options) => options.StateTrust = TimeSpan.FromMilliseconds(1);

    private static async Task<JobState?> StateAsync(TestWorld world)
    {
        try
        {
            return (await world.StatusAsync("j1")).State;
        }
        catch (OrleansException)
        {
            return null;
        }
    }
}
