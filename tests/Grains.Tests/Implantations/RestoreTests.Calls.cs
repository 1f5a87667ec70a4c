using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Tests.Fakes;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>What is asked of such a job by its users.</summary>
public sealed partial class RestoreTests
{
    [Fact]
    public async Task Cancel_PublishedAfterTheBackup_KeepsTheResult()
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, JobState.Training, "j1", () => world.Job("j1").Submit(TestWorld.Request()));
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var before = await SightAsync(world, "j1");
        await RestoreAsync(world, putBack, resume: false);

        Assert.Equal(JobState.Succeeded, (await world.Job("j1").Cancel()).State);

        await AssertSameAsync(world, before, "j1");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Failed_RetriedAndPublishedAfterTheBackup_IsFoundByRecoverAndByRetry(bool retry)
    {
        await using var world = await StartAsync();
        foreach (var input in TestWorld.Request().Inputs())
        {
            await world.Files.WriteAsync(StorePaths.Blob(input.Sha256), new MemoryStream([1]));
        }
        world.Engine.Failures[("j1", "step 3")] = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "Something broke."));
        await world.Job("j1").Submit(TestWorld.Request());
        Assert.Equal(JobState.Failed, (await world.EndOfAsync("j1")).State);
        await world.WhenIdleAsync();
        var putBack = world.BackUp();
        world.Engine.Failures.Clear();
        await world.Job("j1").Retry(0);
        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
        await world.WhenIdleAsync();
        var files = await HashesAsync(world, "j1");
        await RestoreAsync(world, putBack, resume: true);
        Assert.Equal(JobState.Failed, (await world.StatusAsync("j1")).State);

        if (retry)
        {
            var refused = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Retry(0));
            Assert.Equal("Job j1 can't be retried: it has succeeded; submit another one for another result.", refused.Detail.Message);
        }
        else
        {
            Assert.Equal(RecoveryOutcome.Recovered, await world.Job("j1").Recover(dryRun: false));
        }

        var status = await world.StatusAsync("j1");
        // The retry raised it, and its start.
        Assert.Equal((JobState.Succeeded, 3L, null), (status.State, status.Epoch, status.Error));
        Assert.Equal(files, await HashesAsync(world, "j1"));
        Assert.Equal(RecoveryOutcome.Known, await world.Job("j1").Recover(dryRun: false));
    }

    [Fact]
    public async Task Recover_UnfinishedJobWhoseResultIsPublished_TakesItWithoutASlot()
    {
        await using var world = await StartAsync();
        var putBack = await BackUpAsync(world, JobState.Queued, "j1", () => world.Job("j1").Submit(TestWorld.Request()));
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var before = await SightAsync(world, "j1");
        await RestoreAsync(world, putBack, resume: false, slots: 0);

        // To be asked is enough: whichever comes first, this or the job itself.
        await world.Job("j1").Recover(dryRun: false);

        await AssertSameAsync(world, before, "j1");
        Assert.DoesNotContain((await world.Scheduler.GetSnapshot()).Queue, entry => entry.JobId == "j1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Submit_PublishedAfterTheBackupAndForgotten_IsTheSameJobStill(bool box)
    {
        await using var world = await StartAsync();
        var putBack = world.BackUp();
        var request = TestWorld.Request();
        request = box ? request with { Objects = [request.Objects[0] with { Mask = null, Box = [1, 2, 30, 40] }] } : request;
        await world.Job("j1").Submit(request);
        await world.WatchAsync("j1");
        await world.WhenIdleAsync();
        var before = await HashesAsync(world, "j1");
        await RestoreAsync(world, putBack, resume: true);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Submit(request with { Seed = 8 }));
        Assert.Equal("Job j1 exists with another request; use a new id.", refused.Detail.Message);
        var status = await world.Job("j1").Submit(request);

        Assert.Equal((JobState.Succeeded, 1L), (status.State, status.Epoch));
        Assert.Equal(before, await HashesAsync(world, "j1"));
        Assert.Equal("j1", Assert.Single((await world.Catalog.List(new JobQuery())).Jobs).Id);
        Assert.Single(world.Engine.Jobs);
    }

    [Fact]
    public async Task Submit_BegunAfterTheBackupAndForgotten_BeginsAboveItsEpochs()
    {
        await using var world = await StartAsync();
        var putBack = world.BackUp();
        var gate = world.Engine.GateAt("j1", 1, "committed 2");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        var seen = await SeenAsync(world, "j1", progress => progress is { Stage: JobState.Training, Step: 2 });
        await world.KillAsync();
        putBack();
        await world.StartAsync();

        await world.Job("j1").Submit(TestWorld.Request());

        var status = await world.EndOfAsync("j1");
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        Assert.Equal(Json(seen), Json((await world.WatchAsync("j1")).Take(seen.Count)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Submit_WhileTheStoreIsAway_LooksBeforeItStarts(bool published)
    {
        await using var world = await StartAsync();
        var putBack = world.BackUp();
        if (published)
        {
            await world.Job("j1").Submit(TestWorld.Request());
            await world.WatchAsync("j1");
            await world.WhenIdleAsync();
        }
        await RestoreAsync(world, putBack, resume: true, slots: 0);
        world.Store.BeforeListFolders = _ => throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.");
        Assert.Equal(JobState.Queued, (await world.Job("j1").Submit(TestWorld.Request())).State);
        world.Store.BeforeListFolders = null;

        await world.StopAsync();
        await world.StartAsync(resume: true);

        Assert.Equal((JobState.Succeeded, 1L), await world.EndOfAsync("j1") is var end ? (end.State, end.Epoch) : default);
        Assert.Single(world.Engine.Jobs);
    }

    [Fact]
    public async Task Start_StoreWasAwayAtTheSubmission_IsAskedUntilItAnswers()
    {
        await using var world = await StartAsync();
        var (away, asked) = (true, new Gate());
        world.Store.BeforeListFolders = async folder =>
        {
            if (folder == StorePaths.Epochs("j1") && Volatile.Read(ref away))
            {
                if (asked.Reached.IsCompleted)
                {
                    Volatile.Write(ref away, false);
                }
                asked.Open();
                await asked.PassAsync();
                throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, "The store is away.");
            }
        };

        await world.Job("j1").Submit(TestWorld.Request());

        Assert.Equal((JobState.Succeeded, 1L), await world.EndOfAsync("j1") is var end ? (end.State, end.Epoch) : default);
        Assert.False(away);
    }
}
