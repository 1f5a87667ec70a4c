using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Faults;

/// <summary>Stores that are away for a while.</summary>
public sealed class OutageTests
{
    [Theory]
    [InlineData("jobs/j1/epochs/1/checkpoint-000002.safetensors")]
    [InlineData("jobs/j1/epochs/1/result/samples/000.png")]
    [InlineData("jobs/j1/epochs/1/manifest.json")]
    [InlineData("jobs/j1/manifest.json")]
    public async Task Write_StoreIsAwayForAWhile_GoesOnInTheSameEpoch(string path)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var left = 3;
        world.Store.BeforeWrite = which => which == path && left-- > 0 ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.True(left < 0);
        Assert.Equal(1, (await world.StatusAsync("j1")).Epoch);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), (await world.StatusAsync("j1")).Files[0].Sha256);
    }

    [Fact]
    public async Task Exception_OfAStore_CrossesSilosAsItIs()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var serializer = world.Cluster.Silos[0].ServiceProvider.GetRequiredService<Serializer>();
        var away = Away();
        var back = Assert.IsType<ArtifactStoreException>(serializer.Deserialize<Exception>(serializer.SerializeToArray<Exception>(away)));
        Assert.Equal((away.Message, away.Fault), (back.Message, back.Fault));
    }

    [Fact]
    public async Task Report_LogIsAwayForAWhile_DeliversEveryEventOnceAndInOrder()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var left = 4;
        world.Store.BeforeAppend = path => path.Contains("/epochs/1/", StringComparison.Ordinal) && left-- > 0 ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        var events = await world.WatchAsync("j1");
        Assert.True(left < 0);
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        Assert.Equal([1, 2, 3, 4, 5], events.Where(e => e.Losses is not null).Select(e => e.Step));
        await world.Cluster.DeactivateAsync(world.Job("j1"));
        // Read from the store again.
        Assert.Equal(events, await world.WatchAsync("j1"));
    }

    [Fact]
    public async Task Submit_LogIsAway_ItsEventIsSeenWhenItIsStoredAndStaysTheSame()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: (_, options) => options.SchedulerPeriod = TimeSpan.FromMilliseconds(20));
        var away = true;
        world.Store.BeforeAppend = path => Volatile.Read(ref away) ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Queued, 0L), (status.State, status.LastSequence));

        Volatile.Write(ref away, false);

        var seen = await world.WatchUntilAsync("j1", e => e.Sequence == 1);
        await world.Cluster.DeactivateAsync(world.Job("j1"));
        Assert.Equal(seen, await world.WatchUntilAsync("j1", e => e.Sequence == 1));
    }

    [Fact]
    public async Task Cancel_LogIsAway_TheLastEventIsTheSameWhoeverWritesIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Job("j1").Submit(TestWorld.Request());
        world.Store.BeforeAppend = _ => throw Away();
        await world.Job("j1").Cancel();
        var seen = (await world.WatchAsync("j1"))[^1];
        world.Store.BeforeAppend = null;
        await world.Cluster.DeactivateAsync(world.Job("j1"));
        Assert.Equal(seen, (await world.WatchAsync("j1"))[^1]);
        Assert.Equal(JobState.Cancelled, seen.Stage);
    }

    [Fact]
    public async Task Checkpoint_StoreStaysAway_TheJobIsGivenBackAndGoesOnFromItsLastOne()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: (_, options) => options.StoreOutageLimit = TimeSpan.FromMilliseconds(300));
        world.Store.BeforeWrite = path => path == StorePaths.Checkpoint("j1", 1, 4) ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        var status = await world.StatusAsync("j1");
        Assert.Equal(2, status.Epoch);
        Assert.Equal(2, world.Engine.Jobs[("j1", 2)].Resume!.Step);
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), status.Files[0].Sha256);
    }

    [Fact]
    public async Task Checkpoint_StoreStaysAwayAgainAndAgain_FailsWithItsHistory()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: ShortPatience);
        world.Store.BeforeWrite = path => path.EndsWith("checkpoint-000004.safetensors", StringComparison.Ordinal) ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, 3L), (status.State, status.Epoch));
        Assert.StartsWith(
            "Stores were out of reach 3 times for this job without a new checkpoint: epoch 1 on ",
            status.Error!.Message,
            StringComparison.Ordinal
        );
        // Rounded; a loaded machine may well take a second.
        Assert.Matches(@"\(The store was away for \d+ s: The store is away\)\.$", status.Error.Message);
        Assert.Equal(3, world.Engine.Jobs.Count);
        await world.WhenIdleAsync();
        Assert.Empty((await world.Scheduler.GetSnapshot()).Leases);
    }

    [Fact]
    public async Task Checkpoint_OutagesWithProgressBetweenThem_AreCountedAnew()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: ShortPatience);
        var away = new[]
        {
            StorePaths.Checkpoint("j1", 1, 2),
            StorePaths.Checkpoint("j1", 2, 2),
            StorePaths.Checkpoint("j1", 3, 4),
            StorePaths.Checkpoint("j1", 4, 4),
        };
        world.Store.BeforeWrite = path => away.Contains(path) ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 5L), (status.State, status.Epoch));
        Assert.Equal(await world.ReferenceHashAsync(TestWorld.Request()), status.Files[0].Sha256);
    }

    [Fact]
    public async Task Prepare_StoreIsAway_WaitsForItBeforeTheNextTry()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        world.Engine.Failures[("j1", "prepare")] = Away();
        var left = 3;
        world.Store.BeforeGetInfo = _ =>
        {
            world.Engine.Failures.Clear();
            return left-- > 0 ? throw Away() : Task.CompletedTask;
        };
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        gate.Open();
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.True(left < 0);
    }

    [Fact]
    public async Task Prepare_StoreIsBackAndRefuses_TheJobIsGivenBackAllTheSame()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        world.Engine.Failures[("j1", "prepare")] = Away();
        world.Store.BeforeGetInfo = _ =>
        {
            world.Store.BeforeGetInfo = null;
            world.Engine.Failures.Clear();
            throw new ArtifactStoreException(ArtifactStoreFault.Denied, "The store does not know this key.");
        };
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
    }

    [Fact]
    public async Task Prepare_StoreAnswersAndTheEngineNeverReachesIt_IsBounded()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: ShortPatience);
        world.Engine.Failures[("j1", "prepare")] = Away();
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        // Each counts a tenth of the limit at least.
        Assert.Equal(JobState.Failed, status.State);
        Assert.InRange(status.Epoch, 4, 30);
        Assert.StartsWith(
            $"Stores were out of reach {status.Epoch} times for this job without a new checkpoint: ",
            status.Error!.Message,
            StringComparison.Ordinal
        );
        Assert.Contains("(The store is away)", status.Error.Message, StringComparison.Ordinal);
        Assert.True(status.Error.Message.Length < 2000, status.Error.Message);
    }

    [Fact]
    public async Task Prepare_StoreIsAwayForManyMoments_CountsLessThanAsManyLongOutages()
    {
        await using var world = new TestWorld();
        await world.StartAsync(
            configure: (_, options) =>
            {
                // So long that no test waits for it, and a tenth of it is not reached by waiting for an answer.
                options.StoreOutageLimit = TimeSpan.FromSeconds(30);
                options.MaxOutages = 2;
            }
        );
        world.Engine.Fault = (job, point) => point == "prepare" && job.Epoch <= 6 ? Away() : null;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 7L), (status.State, status.Epoch));
    }

    [Fact]
    public async Task Report_LogStaysAwayAgainAndAgain_IsCountedAsAnOutage()
    {
        await using var world = new TestWorld();
        await world.StartAsync(configure: ShortPatience);
        for (var epoch = 1; epoch <= 3; epoch++)
        {
            world.Engine.GateAt("j1", epoch, "step 1");
        }
        // Away while an engine works, there again when it has ended.
        bool Works(string path) =>
            Enumerable
                .Range(1, 3)
                .Any(epoch =>
                    path.Contains($"/epochs/{epoch}/", StringComparison.Ordinal)
                    && !(world.Engine.Ends.TryGetValue(("j1", epoch), out var end) && end.Task.IsCompleted)
                );
        world.Store.BeforeAppend = path => Works(path) ? throw Away() : Task.CompletedTask;
        await world.Job("j1").Submit(TestWorld.Request());
        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Failed, 3L), (status.State, status.Epoch));
        Assert.StartsWith(
            "Stores were out of reach 3 times for this job without a new checkpoint: epoch 1 on ",
            status.Error!.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Cancel_WhileACheckpointWaits_EndsAtOnce()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = new Gate();
        gate.Open();
        world.Store.BeforeWrite = async path =>
        {
            if (path == StorePaths.Checkpoint("j1", 1, 2))
            {
                await gate.PassAsync();
                throw Away();
            }
        };
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
        await world.WhenIdleAsync();
        Assert.Empty((await world.Scheduler.GetSnapshot()).Leases);
    }

    [Fact]
    public async Task Commit_DatabaseIsAwayForAWhile_GoesOnInTheSameEpoch()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 2");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var left = 5;
        world.BeforeStateWrite = grain =>
            grain.Contains("j1", StringComparison.Ordinal) && Interlocked.Decrement(ref left) >= 0
                ? throw new IOException("The database is away.")
                : Task.CompletedTask;
        gate.Open();
        // A failed write ends the activation, and with it the streams of those who watch; they go on with the next one.
        await world.WhenIdleAsync();
        var events = await world.WatchAsync("j1");
        Assert.Equal(JobState.Succeeded, events[^1].Stage);
        Assert.True(left < 0);
        Assert.Equal([1, 2, 3, 4, 5], events.Where(e => e.Losses is not null).Select(e => e.Step));
        Assert.Equal(1, (await world.StatusAsync("j1")).Epoch);
    }

    private static void ShortPatience(string silo, OneShotGrainsOptions options)
    {
        options.StoreOutageLimit = TimeSpan.FromMilliseconds(150);
        options.MaxOutages = 3;
    }

    private static ArtifactStoreException Away() => new(ArtifactStoreFault.Unreachable, "The store is away.");
}
