using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using static OrleansOneShot.Grains.Tests.Datasets.DatasetWorld;

namespace OrleansOneShot.Grains.Tests.Datasets;

/// <summary>Whatever dies, every item has exactly one result.</summary>
public sealed class DatasetCrashTests
{
    // More than the scenario has; beyond them nothing is hit, which the test says.
    private const int MostWrites = 40;

    [Fact]
    public async Task Run_ProcessDiesAtAnyWrite_EndsWithOneResultAnItem()
    {
        var hits = 0;
        for (var write = 1; write <= MostWrites; write++)
        {
            await using var world = new DatasetWorld();
            if (await DiesAtAsync(world, write))
            {
                hits++;
                Assert.Equal(write, hits);
            }
            Assert.Equal([JobOf(0), JobOf(1)], await world.ResultsAsync());
            Assert.Equal([JobOf(0), JobOf(1)], (await world.JobsAsync()).Select(job => job.Id));
            Assert.All(await world.JobsAsync(), job => Assert.Equal(JobState.Succeeded, job.State));
            Assert.All(await world.ItemsAsync(), item => Assert.Equal(DatasetItemState.Succeeded, item.State));
            Assert.Equal(DatasetRunState.Finished, (await world.Catalog.List(new DatasetRunQuery())).Items.Single().State);
            if (hits < write)
            {
                break;
            }
        }

        // A run, its items, two attempts, a failure and its retry, two ends: each is a write, and the list has some.
        Assert.InRange(hits, 10, MostWrites - 1);
    }

    [Fact]
    public async Task Run_ProcessDiesTwiceInTraining_GoesOnWithTheSameJobs()
    {
        await using var world = new DatasetWorld();
        var engine = world.World.Engine;
        var first = engine.GateAt(JobOf(0), 1, "step 4");
        var second = engine.GateAt(JobOf(0), 2, "step 5");
        await world.BeginAsync(items: 3, parallel: 2);
        await first.Reached;
        await world.RestartAsync();
        await second.Reached;
        await world.RestartAsync();

        var end = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 3), (end.State, end.Counts.Succeeded));
        Assert.All(await world.ItemsAsync(), item => Assert.Equal(1, item.Attempts));
        Assert.Equal(3, (await world.JobsAsync()).Count);
        first.Open();
        second.Open();
    }

    [Fact]
    public async Task Restart_JobHasEndedAndCouldNotTell_TheRunHears()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "done");
        await world.BeginAsync(items: 1);
        await gate.Reached;
        // From now on nothing of the run can be stored.
        world.World.BeforeStateWrite = row => IsOfRun(row) ? throw new IOException("The database is away.") : Task.CompletedTask;
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.World.EndOfAsync(JobOf(0))).State);
        await world.World.KillAsync();
        world.World.BeforeStateWrite = null;
        await world.World.StartAsync(resume: true);

        Assert.Equal((DatasetRunState.Finished, 1), (await world.WhenAtRestAsync()) is var end ? (end.State, end.Counts.Succeeded) : default);
    }

    [Fact]
    public async Task Restart_ProcessThatDoesNotTrain_StartsNothing()
    {
        await using var world = new DatasetWorld();
        await world.World.StartAsync(slots: 0);
        await world.Run.Create(Request(items: 3, parallel: 1));
        await world.Run.AddItems(Items(0, 3));
        await world.WhenAsync(status => status.Counts.Running == 1);
        await world.World.Job(JobOf(0)).Cancel();
        await world.World.KillAsync();
        await world.World.StartAsync(slots: 0, resume: false);

        var before = await world.Run.GetStatus();
        await world.ItemsAsync();

        Assert.Equal(before!.Version, (await world.Run.GetStatus())!.Version);
        Assert.True(await world.Run.EnsureRunning());
    }

    /// <summary>
    /// Two items, the first of which fails and is retried, in a process that dies at one of the writes about the run, before it is made; another process then
    /// goes on, and whoever asked for it asks again.
    /// </summary>
    /// <returns>Whether there was such a write.</returns>
    private static async Task<bool> DiesAtAsync(DatasetWorld world, int write)
    {
        var failures = world.World.Engine.Failures;
        failures[(JobOf(0), "step 3")] = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "Something broke."));
        var died = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var writes = 0;
        world.World.BeforeStateWrite = row =>
        {
            if (died.Task.IsCompleted || (IsOfRun(row) && Interlocked.Increment(ref writes) == write))
            {
                died.TrySetResult();
                throw new IOException("The process has died.");
            }

            return Task.CompletedTask;
        };
        await world.World.StartAsync();
        var user = UseAsync(world);
        var first = await Task.WhenAny(user, died.Task);
        if (first == user && !died.Task.IsCompleted)
        {
            await user;
            // The last word to the list comes after the run is at rest.
            await Task.WhenAny(died.Task, ListedAsync(world));
        }
        if (!died.Task.IsCompleted)
        {
            return false;
        }

        await world.World.KillAsync();
        await Task.WhenAny(user).WaitAsync(TestWorld.Limit);
        _ = user.Exception;
        world.World.BeforeStateWrite = null;
        await world.World.StartAsync(resume: true);
        await UseAsync(world);
        await ListedAsync(world);
        return true;
    }

    private static async Task UseAsync(DatasetWorld world)
    {
        await world.Run.Create(Request(items: 2, parallel: 1));
        await world.Run.AddItems(Items(0, 2));
        if ((await world.WhenAtRestAsync()).Counts.Failed > 0)
        {
            world.World.Engine.Failures.Clear();
            await world.Run.Retry();
            await world.WhenAtRestAsync();
        }
    }

    private static Task ListedAsync(DatasetWorld world) =>
        world.World.WhenAsync(
            async () => (await world.Catalog.List(new DatasetRunQuery { State = DatasetRunState.Finished })).Items is [{ Counts.Succeeded: 2 }],
            async () => string.Join(", ", (await world.Catalog.List(new DatasetRunQuery())).Items)
        );

    private static bool IsOfRun(string row) =>
        row.StartsWith("run ", StringComparison.Ordinal)
        || row.StartsWith("items-", StringComparison.Ordinal)
        || row.StartsWith("runs-", StringComparison.Ordinal)
        || row.StartsWith("dataset-catalog ", StringComparison.Ordinal);
}
