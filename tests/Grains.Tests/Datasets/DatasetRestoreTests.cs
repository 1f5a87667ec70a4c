using OrleansOneShot.Documents.Datasets;
using static OrleansOneShot.Grains.Tests.Datasets.DatasetWorld;

namespace OrleansOneShot.Grains.Tests.Datasets;

/// <summary>A run's state is put back from a backup, beside a store that went on.</summary>
public sealed class DatasetRestoreTests
{
    [Fact]
    public async Task Resume_ItemsFinishedAfterTheBackup_AreTakenAsTheyEnded()
    {
        await using var world = new DatasetWorld();
        world.World.Engine.WritesRequest = true;
        var gate = world.World.Engine.GateAt(JobOf(1), 1, "step 3");
        await world.BeginAsync(items: 4, parallel: 2);
        await gate.Reached;
        await world.WhenAsync(status => status.Counts is { Succeeded: 1, Running: 2, Waiting: 1 });
        var putBack = world.World.BackUp();
        gate.Open();
        Assert.Equal(4, (await world.WhenAtRestAsync()).Counts.Succeeded);
        await world.World.WhenIdleAsync();
        await world.World.StopAsync();
        putBack();
        await world.World.StartAsync(resume: true);

        var end = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 4), (end.State, end.Counts.Succeeded));
        Assert.All(await world.ItemsAsync(), item => Assert.Equal((DatasetItemState.Succeeded, 1, 0.5), (item.State, item.Attempts, item.Metrics!.Ia)));
        Assert.Equal([JobOf(0), JobOf(1), JobOf(2), JobOf(3)], world.World.Engine.Jobs.Keys.Select(run => run.JobId).Order(StringComparer.Ordinal));
    }
}
