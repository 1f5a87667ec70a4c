using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using static OrleansOneShot.Grains.Tests.Datasets.DatasetWorld;

namespace OrleansOneShot.Grains.Tests.Datasets;

/// <summary>Runs that are cancelled, and resumed.</summary>
public sealed class DatasetPauseTests
{
    [Fact]
    public async Task Cancel_ThenResume_GoesOnFromTheCheckpoints()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(1), 1, "step 4");
        await world.BeginAsync(items: 4, parallel: 1);
        await gate.Reached;

        await world.Run.Cancel();
        var paused = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Cancelled, 1, 1, 2), (paused.State, paused.Counts.Succeeded, paused.Counts.Cancelled, paused.Counts.Waiting));
        Assert.Equal(JobState.Cancelled, (await world.World.StatusAsync(JobOf(1))).State);
        Assert.Equal((paused.Version, paused.State), (await world.Run.Cancel()) is var same ? (same.Version, same.State) : default);
        await world.World.WhenIdleAsync();
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Run.Retry());
        Assert.Equal((ErrorCodes.Conflict, "Dataset run r1 was cancelled; resume it first, then retry."), (error.Code, error.Message));

        Assert.Equal(DatasetRunState.Running, (await world.Run.Resume()).State);
        var end = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 4), (end.State, end.Counts.Succeeded));
        Assert.Equal([1, 2, 1, 1], (await world.ItemsAsync()).Select(item => item.Attempts));
        Assert.Equal(2, world.World.Engine.Resumed.Single(run => run.Key.JobId == JobOf(1) && run.Key.Epoch > 1).Value);
        Assert.Equal([JobOf(0), JobOf(1), JobOf(2), JobOf(3)], await world.ResultsAsync());
    }

    [Fact]
    public async Task Cancel_JobPublishes_ItsItemSucceeds()
    {
        await using var world = new DatasetWorld();
        var gate = new Fakes.Gate();
        world.World.Store.BeforeWrite = async path =>
        {
            if (path.EndsWith("/result/my-cat.safetensors", StringComparison.Ordinal))
            {
                await gate.PassAsync();
            }
        };
        await world.BeginAsync(items: 1);
        await gate.Reached;

        var cancelling = world.Run.Cancel();
        Assert.Equal(DatasetRunState.Cancelling, (await cancelling).State);
        gate.Open();
        var end = await world.WhenAtRestAsync();

        Assert.Equal(DatasetRunState.Cancelled, end.State);
        // Whoever came first: there is a result if the item says so, and none otherwise.
        Assert.Equal(end.Counts.Succeeded, (await world.ResultsAsync()).Count);
        Assert.Equal(1, end.Counts.Succeeded + end.Counts.Cancelled);
    }

    [Fact]
    public async Task Resume_WhileCancelling_TheJobsThatWereStoppedGoOn()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "step 3");
        await world.BeginAsync(items: 2, parallel: 1);
        await gate.Reached;

        await world.Run.Cancel();
        await world.Run.Resume();

        var end = await world.WhenAtRestAsync();
        Assert.Equal((DatasetRunState.Finished, 2), (end.State, end.Counts.Succeeded));
    }

    [Fact]
    public async Task Cancel_OneJobAlone_ItsItemIsCancelledAndTheRunGoesOn()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "step 3");
        await world.BeginAsync(items: 2, parallel: 1);
        await gate.Reached;

        await world.World.Job(JobOf(0)).Cancel();
        var end = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 1, 1), (end.State, end.Counts.Succeeded, end.Counts.Cancelled));
        await world.Run.Resume();
        Assert.Equal(2, (await world.WhenAtRestAsync()).Counts.Succeeded);
    }

    [Fact]
    public async Task Cancel_BeforeAllWereAdded_StaysSoWhenTheRestComes()
    {
        await using var world = new DatasetWorld();
        await world.World.StartAsync();
        await world.Run.Create(Request(items: 2));
        await world.Run.Cancel();
        await world.WhenAtRestAsync();

        var status = await world.Run.AddItems(Items(0, 2));

        Assert.Equal((DatasetRunState.Cancelled, 2), (status.State, status.Counts.Waiting));
        Assert.Empty(await world.JobsAsync());
        await world.Run.Resume();
        Assert.Equal(2, (await world.WhenAtRestAsync()).Counts.Succeeded);
    }
}
