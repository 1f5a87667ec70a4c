using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using static OrleansOneShot.Grains.Tests.Datasets.DatasetWorld;

namespace OrleansOneShot.Grains.Tests.Datasets;

/// <summary>Items become jobs, and jobs' ends the items'.</summary>
public sealed class DatasetRunTests
{
    [Fact]
    public async Task Run_AllSucceed_FinishesWithOneJobAnItem()
    {
        await using var world = new DatasetWorld();
        await world.BeginAsync(items: 3);

        var status = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 3), (status.State, status.Counts.Succeeded));
        Assert.NotNull(status.Finished);
        var items = await world.ItemsAsync();
        Assert.Equal(["item-0", "item-1", "item-2"], items.Select(item => item.Id));
        Assert.All(items, item => Assert.Equal((DatasetItemState.Succeeded, 1, 0.5), (item.State, item.Attempts, item.Metrics!.Ia)));
        Assert.All(items, item => Assert.True(item.Started <= item.Finished));
        var jobs = await world.JobsAsync();
        Assert.Equal([JobOf(0), JobOf(1), JobOf(2)], jobs.Select(job => job.Id));
        Assert.Equal("r1 2", $"{jobs[2].Metadata[DatasetRules.RunKey]} {jobs[2].Metadata[DatasetRules.ItemKey]}");
        Assert.Equal([JobOf(0), JobOf(1), JobOf(2)], world.World.Engine.Order);
    }

    [Fact]
    public async Task Run_Parallel_HasNoMoreJobsAtOnce()
    {
        await using var world = new DatasetWorld();
        var gates = Enumerable.Range(0, 4).Select(number => world.World.Engine.GateAt(JobOf(number), 1, "step 1")).ToList();
        await world.BeginAsync(items: 4, slots: 4, parallel: 2);

        await gates[0].Reached;
        await gates[1].Reached;

        Assert.Equal(2, (await world.JobsAsync()).Count);
        Assert.Equal((2, 2), await CountsAsync());
        gates[1].Open();
        await gates[2].Reached;
        Assert.Equal((1, 2), await CountsAsync());
        gates.ForEach(gate => gate.Open());
        Assert.Equal(4, (await world.WhenAtRestAsync()).Counts.Succeeded);

        async Task<(int, int)> CountsAsync() => (await world.Run.GetStatus())!.Counts is var counts ? (counts.Waiting, counts.Running) : default;
    }

    [Fact]
    public async Task Run_WithoutParallel_HasOneJobMoreThanSlots()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "step 1");
        await world.World.StartAsync(slots: 1);
        await world.World.WhenAnnouncedAsync(silos: 1);
        await world.Run.Create(Request(items: 5));
        await world.Run.AddItems(Items(0, 5));
        await gate.Reached;

        Assert.Equal(2, (await world.WhenAsync(status => status.Counts.Running > 0)).Counts.Running);
        gate.Open();
        Assert.Equal(5, (await world.WhenAtRestAsync()).Counts.Succeeded);
    }

    [Fact]
    public async Task Run_ItemsComeLate_RunsWhatIsThereAndWaitsForTheRest()
    {
        await using var world = new DatasetWorld();
        await world.World.StartAsync();
        await world.Run.Create(Request(items: 3));
        await world.Run.AddItems([Item(2, TestWorld.Request())]);

        var early = await world.WhenAsync(status => status.Counts.Succeeded == 1);
        Assert.Equal((DatasetRunState.Running, 1), (early.State, early.Counts.Added()));
        await world.Run.AddItems(Items(0, 2));
        Assert.Equal((DatasetRunState.Finished, 3), (await world.WhenAtRestAsync()) is var end ? (end.State, end.Counts.Succeeded) : default);
    }

    [Fact]
    public async Task Run_SomeItemsAreBad_TheyFailWithTheirSentenceAndNoAttempt()
    {
        await using var world = new DatasetWorld();
        world.World.Engine.Failures[(JobOf(1), "step 2")] = new OneShotException(
            new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty.", "mask", "Draw one.")
        );
        await world.World.StartAsync();
        await world.Run.Create(Request(items: 3));
        await world.Run.AddItems([Bad(0), .. Items(1, 2)]);

        var status = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 1, 2), (status.State, status.Counts.Succeeded, status.Counts.Failed));
        var items = await world.ItemsAsync(DatasetItemState.Failed);
        Assert.Equal(
            [("The photo can't be read.", 0, null), ("The mask is empty.", 1, JobOf(1))],
            items.Select(item => (item.Error!.Message, item.Attempts, item.Job))
        );
        Assert.Equal("Draw one.", items[1].Error!.Hint);
        Assert.Equal(2, (await world.JobsAsync()).Count);
    }

    [Fact]
    public async Task Retry_AfterFailure_RunsTheFailedItemsJobsAgainAndNothingElse()
    {
        await using var world = new DatasetWorld();
        var failures = world.World.Engine.Failures;
        failures[(JobOf(1), "step 4")] = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "Something broke."));
        await world.World.StartAsync();
        await world.Run.Create(Request(items: 3));
        await world.Run.AddItems([.. Items(0, 2), Bad(2)]);
        await world.WhenAtRestAsync();
        failures.Clear();

        var again = await world.Run.Retry();
        Assert.Equal(DatasetRunState.Running, again.State);
        var status = await world.WhenAtRestAsync();

        Assert.Equal((DatasetRunState.Finished, 2, 1), (status.State, status.Counts.Succeeded, status.Counts.Failed));
        Assert.Equal((2, JobOf(1), null), (await world.ItemAsync(1)) is var item ? (item.Attempts, item.Job, item.Error) : default);
        Assert.Equal([JobOf(0), JobOf(1), JobOf(1)], world.World.Engine.Order);
        // From its checkpoint, which a job of a run keeps.
        Assert.Equal(2, world.World.Engine.Resumed.Single(run => run.Key.JobId == JobOf(1) && run.Value > 0).Value);
        Assert.Equal([JobOf(0), JobOf(1)], await world.ResultsAsync());
        // The bad one has no request to run.
        Assert.Equal(0, (await world.ItemAsync(2)).Attempts);
    }

    [Fact]
    public async Task Retry_NothingHasFailed_ChangesNothing()
    {
        await using var world = new DatasetWorld();
        await world.BeginAsync(items: 1);
        var before = await world.WhenAtRestAsync();

        var after = await world.Run.Retry();

        Assert.Equal((DatasetRunState.Finished, before.Version, before.Finished), (after.State, after.Version, after.Finished));
        Assert.Equal((DatasetRunState.Finished, before.Version), (await world.Run.Resume()) is var same ? (same.State, same.Version) : default);
    }

    [Fact]
    public async Task AddItems_AnotherRequestForAFailedItem_RunsWithTheNextRetryAsAnotherJob()
    {
        await using var world = new DatasetWorld();
        world.World.Engine.Failures[(JobOf(0), "step 1")] = new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "The mask is empty."));
        await world.World.StartAsync();
        await world.Run.Create(Request(items: 3));
        await world.Run.AddItems([Item(0, TestWorld.Request()), Bad(1), Bad(2)]);
        await world.WhenAtRestAsync();
        var mended = TestWorld.Request() with { Image = new string('c', 64) };

        var status = await world.Run.AddItems([Item(0, mended), Item(1, mended), Bad(2, "Still not.")]);

        Assert.Equal((DatasetRunState.Finished, 3), (status.State, status.Counts.Failed));
        Assert.Equal(["The mask is empty.", "The photo can't be read.", "Still not."], (await world.ItemsAsync()).Select(item => item.Error!.Message));
        await world.Run.Retry();
        status = await world.WhenAtRestAsync();
        Assert.Equal((2, 1), (status.Counts.Succeeded, status.Counts.Failed));
        Assert.Equal([(JobOf(0, 2), 2), (JobOf(1), 1), (null, 0)], (await world.ItemsAsync()).Select(item => (item.Job, item.Attempts)));
        Assert.Equal(mended.Image, (await world.World.StatusAsync(JobOf(0, 2))).Request.Image);
    }

    [Fact]
    public async Task AddItems_SaidAgain_ChangesNothing()
    {
        await using var world = new DatasetWorld();
        var first = await world.BeginAsync(items: 2, slots: 0, parallel: 1);
        var files = await world.World.FilesAsync("dataset-runs/");
        await world.WhenAsync(status => status.Counts.Running == 1);
        var before = await world.Run.GetStatus();

        var again = await world.Run.AddItems(Items(0, 2));

        Assert.Equal((before!.Version, 2), (again.Version, again.Counts.Added()));
        Assert.Equal(files, await world.World.FilesAsync("dataset-runs/"));
        Assert.Equal(2, first.Counts.Added());
    }

    [Theory]
    [InlineData("number", "items[0].number is 2; it must be from 0 to 1.")]
    [InlineData("other", "Item item-0 of run r1 is running with another request; only one that has failed can be replaced.")]
    [InlineData("renamed", "Item 0 of run r1 is called item-0, not other.")]
    [InlineData("taken", "Item 0 of run r1 is called ITEM-0 already; each needs its own id.")]
    [InlineData("neither", "items[0] needs either a request or an error.")]
    [InlineData("reserved", "items[0].request.metadata.dataset_run is set for the jobs of a dataset run alone; take another key.")]
    [InlineData("folder", "items[0].id is 'report.html', which is the name of the report; a folder is called so: take another.")]
    [InlineData("request", "items[0].request.image is 'x'; it must be the SHA-256 of an uploaded file, 64 lower-case hexadecimal digits.")]
    public async Task AddItems_CantBe_SaysWhyAndAddsNothing(string what, string message)
    {
        await using var world = new DatasetWorld();
        await world.World.StartAsync(slots: 0);
        await world.Run.Create(Request(items: 2));
        await world.Run.AddItems(Items(0, 1));
        await world.WhenAsync(status => status.Counts.Running == 1);
        var before = await world.Run.GetStatus();
        var request = TestWorld.Request();
        var item = what switch
        {
            "number" => Item(2, request),
            "other" => Item(0, request with { Seed = 8 }),
            "renamed" => Item(0, request) with { Id = "other" },
            "taken" => Item(1, request) with { Id = "ITEM-0" },
            "neither" => Item(1, request) with { Request = null },
            "reserved" => Item(1, request with { Metadata = new Dictionary<string, string> { [DatasetRules.RunKey] = "r2" } }),
            "folder" => Item(1, request) with { Id = "report.html" },
            _ => Item(1, request with { Image = "x" }),
        };

        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Run.AddItems([item]));

        Assert.Equal(message, error.Message);
        Assert.Equal(before!.Version, (await world.Run.GetStatus())!.Version);
    }

    [Fact]
    public async Task Create_SaidAgain_IsTheSameRunAndAnotherOneIsRefused()
    {
        await using var world = new DatasetWorld();
        await world.World.StartAsync(slots: 0);
        var first = await world.Run.Create(Request(items: 2));

        Assert.Equal((first.Version, first.Created), (await world.Run.Create(Request(items: 2))) is var again ? (again.Version, again.Created) : default);
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Run.Create(Request(items: 3)));
        Assert.Equal((ErrorCodes.Conflict, "Dataset run r1 exists with another request; use a new id."), (error.Code, error.Message));
        error = await Assert.ThrowsAsync<OneShotException>(() =>
            world.World.Cluster.Client.GetGrain<IDatasetRunGrain>("r2").Create(Request(items: 0) with { Priority = 101 })
        );
        Assert.Equal((ErrorCodes.InvalidInput, "priority is 101; it must be from -100 to 100."), (error.Code, error.Message));
        Assert.Null(await world.World.Cluster.Client.GetGrain<IDatasetRunGrain>("r2").GetStatus());
    }

    [Fact]
    public async Task Items_ChangedSinceAVersion_AreThoseThatChanged()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(1), 1, "step 1");
        await world.BeginAsync(items: 3, parallel: 1);
        var known = await world.WhenAsync(status => status.Counts is { Succeeded: 1, Running: 1 });
        gate.Open();
        var end = await world.WhenAtRestAsync();

        var changed = await world.Run.ListItems(new DatasetItemQuery { ChangedSince = known.Version });

        Assert.Equal([1, 2], changed.Items.Select(item => item.Number));
        Assert.All(changed.Items, item => Assert.InRange(item.Version, known.Version + 1, end.Version));
        Assert.Empty((await world.Run.ListItems(new DatasetItemQuery { ChangedSince = end.Version })).Items);
    }

    [Fact]
    public async Task Ended_OfAForeignOrAnEarlierJob_ChangesNothing()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "step 1");
        await world.BeginAsync(items: 2, parallel: 1);
        await gate.Reached;
        await world.World.Job("foreign").Submit(TestWorld.Request());
        await world.World.Job("foreign").Cancel();
        var before = await world.Run.GetStatus();

        await world.Run.Ended("foreign", 0);
        await world.Run.Ended(JobOf(0, 2), 0);
        await world.Run.Ended(JobOf(0), 1);
        await world.Run.Ended(JobOf(0), 99);
        // Too early: the job itself says that it works.
        await world.Run.Ended(JobOf(0), 0);

        Assert.Equal(before!.Version, (await world.Run.GetStatus())!.Version);
        gate.Open();
        var end = await world.WhenAtRestAsync();
        await world.Run.Ended(JobOf(0), 0);
        Assert.Equal((end.Version, 2), (await world.Run.GetStatus()) is { } late ? (late.Version, late.Counts.Succeeded) : default);
    }

    [Fact]
    public async Task Job_ClaimsARunThatDidNotMakeIt_IsRefused()
    {
        await using var world = new DatasetWorld();
        await world.BeginAsync(items: 1, slots: 0);
        var request = TestWorld.Request() with
        {
            Metadata = new Dictionary<string, string> { [DatasetRules.RunKey] = RunId, [DatasetRules.ItemKey] = "0" },
        };

        var error = await Assert.ThrowsAsync<OneShotException>(() => world.World.Job("mine").Submit(request));

        Assert.Equal((ErrorCodes.InvalidInput, "metadata.dataset_item"), (error.Code, error.Detail.Field));
    }

    [Fact]
    public async Task Job_RetriedAloneAndSucceeds_TheItemHasSucceeded()
    {
        await using var world = new DatasetWorld();
        world.World.Engine.Failures[(JobOf(0), "step 1")] = new OneShotException(new ErrorDetail(ErrorCodes.Failed, "Something broke."));
        await world.BeginAsync(items: 1);
        await world.WhenAtRestAsync();
        world.World.Engine.Failures.Clear();

        await world.World.Job(JobOf(0)).Retry(0);

        await world.WhenAsync(status => status.Counts.Succeeded == 1);
        await world.World.WhenAsync(
            async () => (await world.Catalog.List(new DatasetRunQuery())).Items[0].Counts.Succeeded == 1,
            () => Task.FromResult("a list that does not know")
        );
        Assert.Null((await world.ItemAsync(0)).Error);
    }

    [Fact]
    public async Task Run_QueueIsFull_ItemsWaitAndGoOn()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt("other", 1, "step 1");
        await world.World.StartAsync(
            configure: (_, options) =>
            {
                options.MaxQueuedPerOwner = 1;
                options.SchedulerPeriod = TimeSpan.FromMilliseconds(20);
            }
        );
        await world.World.Job("other").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Run.Create(Request(items: 4, parallel: 3));
        await world.Run.AddItems(Items(0, 4));

        await world.World.WhenAsync(
            async () => (await world.Run.GetStatus())!.Waiting?.StartsWith("Waits for room in the queue: ann has 1 jobs", StringComparison.Ordinal) == true,
            async () => $"{await world.Run.GetStatus()}"
        );
        gate.Open();

        var status = await world.WhenAtRestAsync();
        Assert.Equal((4, null), (status.Counts.Succeeded, status.Waiting));
        Assert.All(await world.ItemsAsync(), item => Assert.Equal(1, item.Attempts));
        Assert.Equal(5, (await world.JobsAsync()).Count);
    }

    [Fact]
    public async Task Run_ABatchIsLost_ItsItemsFailAndSaySo()
    {
        await using var world = new DatasetWorld();
        var gate = world.World.Engine.GateAt(JobOf(0), 1, "step 1");
        await world.BeginAsync(items: 1, parallel: 1);
        await gate.Reached;
        await world.World.Job(JobOf(0)).Cancel();
        await world.WhenAtRestAsync();
        await world.World.Job(JobOf(0)).Delete();
        var path = Assert.Single(await world.World.FilesAsync("dataset-runs/"));
        await world.World.Files.DeleteAsync(path);
        await world.RestartAsync();

        await world.Run.Resume();

        Assert.Equal(1, (await world.WhenAtRestAsync()).Counts.Failed);
        Assert.Equal($"The store has lost {path}.", (await world.ItemAsync(0)).Error!.Message);
    }

    [Fact]
    public async Task Delete_AtRest_ForgetsTheRunAndLeavesItsJobs()
    {
        await using var world = new DatasetWorld();
        await world.BeginAsync(items: 2, slots: 0);
        var error = await Assert.ThrowsAsync<OneShotException>(() => world.Run.Delete());
        Assert.Equal((ErrorCodes.Conflict, "Dataset run r1 is running; cancel it first."), (error.Code, error.Message));
        await world.WhenAsync(status => status.Counts.Running > 0);
        await world.Run.Cancel();
        await world.WhenAtRestAsync();
        var rows = world.World.Rows.Count;

        Assert.True(await world.Run.Delete());

        Assert.False(await world.Run.Delete());
        Assert.Null(await world.Run.GetStatus());
        Assert.Empty(await world.World.FilesAsync("dataset-runs/"));
        Assert.Empty((await world.Catalog.List(new DatasetRunQuery())).Items);
        // Its own row and its page.
        Assert.Equal(rows - 2, world.World.Rows.Count);
        Assert.NotEmpty(await world.JobsAsync());
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => world.Run.Resume())).Code);
    }
}
