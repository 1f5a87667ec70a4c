using System.Text;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>A job that has failed or was cancelled, and is run again under its id.</summary>
public sealed class RetryTests
{
    private static readonly ErrorDetail s_bad = new(ErrorCodes.InvalidInput, "The mask is empty.", "mask");

    [Fact]
    public async Task Retry_OfAFailedJob_RunsItAgainAndItsLogGoesOn()
    {
        await using var world = new TestWorld();
        var request = await FailAsync(world, "step 4");
        var first = await world.WatchAsync("j1");
        var failed = await world.StatusAsync("j1");
        Assert.Equal((JobState.Failed, s_bad, 0), (failed.State, failed.Error, failed.Retries));
        await world.WhenOnlyTheLogIsLeftAsync("j1");
        world.Engine.Failures.Clear();
        var gate = world.Engine.GateAt("j1", 3, "prepare");

        var retried = await world.Job("j1").Retry(0);

        Assert.Equal(
            (JobState.Queued, 1, (ErrorDetail?)null, (DateTimeOffset?)null, 0),
            (retried.State, retried.Retries, retried.Error, retried.Finished, retried.Step)
        );
        Assert.True(retried.Epoch > failed.Epoch);
        await gate.Reached;
        Assert.Equal(JobState.Preparing, Assert.Single((await world.Catalog.List(new JobQuery { UnfinishedOnly = true })).Jobs).State);
        gate.Open();
        var events = await world.WatchAsync("j1");
        Assert.Equal(first, events.Take(first.Count));
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        Assert.Equal((JobState.Queued, "Retried; begins again. Waits for a free slot."), (events[first.Count].Stage, events[first.Count].Message));
        Assert.Equal(JobState.Succeeded, events[^1].Stage);
        var status = await world.StatusAsync("j1");
        Assert.Equal((JobState.Succeeded, 1, (ErrorDetail?)null), (status.State, status.Retries, status.Error));
        Assert.Equal(0, world.Engine.Resumed[("j1", status.Epoch)]);
        Assert.Equal(await world.ReferenceHashAsync(request), status.Files[0].Sha256);
        await world.WhenNoSlotIsTakenAsync();
    }

    [Fact]
    public async Task Retry_SaidAgain_IsOneRetry()
    {
        await using var world = new TestWorld();
        await FailAsync(world, "prepare");
        world.Engine.Failures.Clear();
        var gate = world.Engine.GateAt("j1", 3, "prepare");

        await world.Job("j1").Retry(0);
        var again = await world.Job("j1").Retry(0);

        Assert.Equal(1, again.Retries);
        await gate.Reached;
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(2, world.Engine.Order.Count(id => id == "j1"));
    }

    [Fact]
    public async Task Retry_CheckpointIsStillThere_GoesOnFromIt()
    {
        await using var world = new TestWorld();
        var request = await FailAsync(world, "step 4");
        await world.WhenOnlyTheLogIsLeftAsync("j1");
        world.Engine.Failures.Clear();
        var before = await world.StateAsync("j1");
        // As where the store could not delete it. The text is what the fake engine has after two steps.
        await world.Files.WriteAsync(before.Checkpoint!.Path, new MemoryStream(await CheckpointOfAsync(world, request)));

        await world.Job("j1").Retry(0);

        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        var status = await world.StatusAsync("j1");
        Assert.Equal(before.Checkpoint.Step, world.Engine.Resumed[("j1", status.Epoch)]);
        Assert.Equal(await world.ReferenceHashAsync(request), status.Files[0].Sha256);
    }

    [Fact]
    public async Task Retry_OfACancelledJobWhoseTrainerHasNotHeard_TakesNothingOfIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 2);
        var request = await RequestAsync(world);
        world.Engine.Deaf[("j1", 1)] = true;
        var frozen = world.Engine.GateAt("j1", 1, "done");
        await world.Job("j1").Submit(request);
        await frozen.Reached;
        Assert.Equal(JobState.Cancelled, (await world.Job("j1").Cancel()).State);
        var gate = world.Engine.GateAt("j1", 3, "step 3");

        Assert.Equal(2, (await world.Job("j1").Retry(0)).Epoch);

        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").BeginPublish(1));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").Complete(1));
        await Assert.ThrowsAsync<StaleEpochException>(() => world.Trained("j1").Complete(2));
        await world.Trained("j1").Fail(1, s_bad);
        await world.Trained("j1").Release(1, requeue: false);
        frozen.Open();
        await gate.Reached;
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
        Assert.Equal(3, (await world.StateAsync("j1")).Published);
        await world.WhenNoSlotIsTakenAsync();
    }

    [Fact]
    public async Task Retry_OfAJobThatGoesOnOrHasSucceeded_IsRefused()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "step 2");
        await world.Job("j1").Submit(await RequestAsync(world));
        await gate.Reached;
        var running = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Retry(0));
        gate.Open();
        await world.WatchAsync("j1");
        var done = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Retry(0));
        var absent = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j9").Retry(0));

        Assert.Equal((ErrorCodes.Conflict, ErrorCodes.Conflict, ErrorCodes.NotFound), (running.Detail.Code, done.Detail.Code, absent.Detail.Code));
        Assert.Equal("Job j1 can't be retried: it has succeeded; submit another one for another result.", done.Detail.Message);
        Assert.Equal((JobState.Succeeded, 1L), ((await world.StatusAsync("j1")).State, (await world.StatusAsync("j1")).Epoch));
    }

    [Fact]
    public async Task Retry_InputsAreGone_NamesThemUntilTheyAreBack()
    {
        await using var world = new TestWorld();
        var request = await FailAsync(world, "prepare");
        world.Engine.Failures.Clear();
        await world.Files.DeleteAsync(StorePaths.Blob(request.Objects[0].Mask!));

        var refused = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Retry(0));

        Assert.Equal((ErrorCodes.BlobMissing, "objects[0].mask"), (refused.Detail.Code, refused.Detail.Field));
        Assert.Contains(request.Objects[0].Mask!, refused.Message, StringComparison.Ordinal);
        Assert.Equal(JobState.Failed, (await world.StatusAsync("j1")).State);
        await world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes("mask"));
        await world.Job("j1").Retry(0);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j1"))[^1].Stage);
    }

    [Fact]
    public async Task Retry_TheQueueIsFull_IsRefusedAndStaysAsItIs()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: (_, options) => options.MaxQueuedPerOwner = 1);
        var request = await RequestAsync(world);
        await world.Job("j1").Submit(request);
        await world.Job("j1").Cancel();
        await world.Job("j2").Submit(request);

        var refused = await Assert.ThrowsAsync<OneShotException>(() => world.Job("j1").Retry(0));

        Assert.Equal(ErrorCodes.Limit, refused.Detail.Code);
        Assert.Equal((JobState.Cancelled, 0), ((await world.StatusAsync("j1")).State, (await world.StatusAsync("j1")).Retries));
    }

    [Fact]
    public async Task Retry_TheSiloDiesBeforeTheJobIsQueued_IsFoundByTheRecovery()
    {
        await using var world = new TestWorld();
        await FailAsync(world, "prepare");
        world.Engine.Failures.Clear();
        // The job's state is written, its place in the queue is not.
        world.BeforeStateWrite = row => row.StartsWith("queue-", StringComparison.Ordinal) ? throw new InvalidOperationException("dies") : Task.CompletedTask;
        await Assert.ThrowsAnyAsync<Exception>(() => world.Job("j1").Retry(0));
        Assert.Equal(JobState.Queued, (await world.StateAsync("j1")).State);
        await world.KillAsync();
        world.BeforeStateWrite = null;

        await world.StartAsync(resume: true);

        Assert.Equal(JobState.Succeeded, (await world.EndOfAsync("j1")).State);
    }

    [Fact]
    public async Task EndedBefore_ActivationThatDoesNotKnowOfTheRetry_TakesNothingAway()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: ShortTrust);
        var request = await RequestAsync(world);
        await world.Job("j1").Submit(request);
        await world.Job("j1").Cancel();
        // The other activation has retried it, and this one still believes in the end.
        await world.EditAsync("j1", state => state with { State = JobState.Queued, Epoch = 1, Retries = 1, Finished = null });
        await world.Scheduler.Enqueue(new Contracts.Scheduling.QueueEntry("j1", "ann", 0, DateTimeOffset.UtcNow, Over: 1));

        // What the end still owes, said late: as it is fenced, and as the activation itself comes to know better.
        await world.Scheduler.RemoveEnded("j1", 0);
        Assert.Equal("j1", Assert.Single((await world.Scheduler.GetSnapshot()).Queue).JobId);
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await world.Job("j1").Cancel();
            await world.Job("j1").Cancel();
        });
        Assert.Equal(JobState.Queued, (await world.EndlessStatusAsync("j1")).State);
        Assert.Equal("j1", Assert.Single((await world.Scheduler.GetSnapshot()).Queue).JobId);
        await world.Scheduler.RemoveEnded("j1", 1);
        Assert.Empty((await world.Scheduler.GetSnapshot()).Queue);
    }

    private static void ShortTrust(string silo, OneShotGrainsOptions options) => options.StateTrust = TimeSpan.FromTicks(1);

    private static async Task<ImplantationRequest> RequestAsync(TestWorld world)
    {
        var request = TestWorld.Request();
        return request with
        {
            Image = await world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes("photo")),
            Objects = [request.Objects[0] with { Mask = await world.Files.WriteBlobAsync(Encoding.UTF8.GetBytes("mask")) }],
        };
    }

    /// <summary>Starts, and runs job j1 until it fails at a point.</summary>
    private static async Task<ImplantationRequest> FailAsync(TestWorld world, string point)
    {
        await world.StartAsync();
        world.Engine.Failures[("j1", point)] = new OneShotException(s_bad);
        var request = await RequestAsync(world);
        await world.Job("j1").Submit(request);
        await world.WatchAsync("j1");
        await world.WhenNoSlotIsTakenAsync();
        return request;
    }

    /// <summary>What the fake engine stores after two steps of a request.</summary>
    private static async Task<byte[]> CheckpointOfAsync(TestWorld world, ImplantationRequest request)
    {
        var gate = world.Engine.GateAt("j2", 1, "committed 2");
        await world.Job("j2").Submit(request);
        await gate.Reached;
        var bytes = await world.Files.ReadAllBytesAsync(StorePaths.Checkpoint("j2", 1, 2));
        await world.Job("j2").Cancel();
        await world.WhenNoSlotIsTakenAsync();
        return bytes!;
    }
}
