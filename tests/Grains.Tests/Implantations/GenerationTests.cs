using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Tests.Implantations;

/// <summary>Jobs that draw pictures.</summary>
public sealed class GenerationTests
{
    [Fact]
    public async Task Submit_WithAnImplantation_DrawsWithItAsItWas()
    {
        await using var world = new TestWorld();
        await ImplantAsync(world);
        var submitted = await world.Generation("g1").Submit(Request("cat"));
        Assert.Equal(("g1", "pictures", "ann"), (submitted.Id, submitted.Request.Name, submitted.Request.Owner));

        var events = await WatchAsync(world, "g1");

        Assert.Equal([JobState.Queued, JobState.Preparing, JobState.Sampling, JobState.Publishing, JobState.Succeeded], events.Select(e => e.Stage).Distinct());
        Assert.Equal(Enumerable.Range(1, events.Count).Select(n => (long)n), events.Select(e => e.Sequence));
        var status = await StatusAsync(world, "g1");
        Assert.Equal((4, 4, 1L), (status.Step, status.Steps, status.Epoch));
        Assert.Equal(["0001.png", "0002.png", "0003.png", "0004.png", "request.json"], status.Files.Select(file => file.Path));
        var source = Assert.Single(world.Engine.Drawings[("g1", 1)].Sources);
        var manifest = (await world.StatusAsync("cat")).Manifest!;
        Assert.Equal(("cat", 0.5, manifest), (source.Id, source.Scale, source.Manifest));
        var published = await PublishedResult.ReadAsync(world.Files, "g1", status.Manifest!.Bytes, status.Manifest.Sha256);
        Assert.Equal(status.Files.Select(file => file.Sha256), published.Files.Select(file => file.Stored.Sha256));
        Assert.Contains("\"kind\": \"generation\"", System.Text.Encoding.UTF8.GetString(published.Manifest.Span), StringComparison.Ordinal);

        // Said again, it is the same job; also when what it was drawn with is gone.
        Assert.True(await world.Job("cat").Delete());
        Assert.Equal(status.LastSequence, (await world.Generation("g1").Submit(Request("cat"))).LastSequence);
        await ThrowsAsync(ErrorCodes.Conflict, "id", () => world.Generation("g1").Submit(Request("cat") with { Seed = 8 }));
    }

    [Fact]
    public async Task Submit_WithWhatIsNotThere_IsRefusedAndLeavesNothing()
    {
        await using var world = new TestWorld();
        await ImplantAsync(world, "bobs", "bob");
        var gate = world.Engine.GateAt("young", 1, "step 1");
        await world.Job("young").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Generation("pictures").Submit(Request());

        await ThrowsAsync(ErrorCodes.NotFound, "implantations[0].id", () => world.Generation("g1").Submit(Request("nobodys")));
        await ThrowsAsync(ErrorCodes.NotFound, "implantations[0].id", () => world.Generation("g1").Submit(Request("bobs")));
        await ThrowsAsync(ErrorCodes.NotFound, "implantations[0].id", () => world.Generation("g1").Submit(Request("pictures")));
        await ThrowsAsync(ErrorCodes.NotFound, "implantations[0].id", () => world.Generation("g1").Submit(Request("g1")));
        await ThrowsAsync(ErrorCodes.Conflict, "implantations[0].id", () => world.Generation("g1").Submit(Request("young")));
        await ThrowsAsync(ErrorCodes.InvalidInput, "prompts", () => world.Generation("g1").Submit(Request() with { Prompts = [] }));

        Assert.Null(await world.Generation("g1").GetStatus());
        Assert.Equal(["pictures"], (await world.Scheduler.GetSnapshot()).Queue.Select(entry => entry.JobId));
        Assert.Empty(await world.FilesAsync("jobs/g1/"));
        gate.Open();
        Assert.Equal(JobState.Succeeded, (await WatchAsync(world, "pictures"))[^1].Stage);
    }

    [Fact]
    public async Task Kinds_AskedForByTheOther_AreNotThere()
    {
        await using var world = new TestWorld();
        await ImplantAsync(world);
        await world.Generation("g1").Submit(Request());
        await WatchAsync(world, "g1");

        Assert.Null(await world.Job("g1").GetStatus());
        Assert.Null(await world.Generation("cat").GetStatus());
        await ThrowsAsync(ErrorCodes.NotFound, "id", () => world.Job("g1").Cancel());
        await ThrowsAsync(ErrorCodes.NotFound, "id", () => world.Generation("cat").Cancel());
        await ThrowsAsync(ErrorCodes.Conflict, "id", () => world.Job("g1").Submit(TestWorld.Request()));
        await ThrowsAsync(ErrorCodes.Conflict, "id", () => world.Generation("cat").Submit(Request()));
        Assert.Equal(["cat"], await ListAsync(new JobQuery()));
        Assert.Equal(["g1"], await ListAsync(new JobQuery { Kind = JobKind.Generation }));
        Assert.Equal(["g1", "cat"], await ListAsync(new JobQuery { Kind = null }));

        async Task<IEnumerable<string>> ListAsync(JobQuery query) => (await world.Catalog.List(query)).Jobs.Select(job => job.Id);
    }

    [Fact]
    public async Task Report_OfWhatNoGenerationDoes_IsRefused()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("g1", 1, "prepare");
        await world.Generation("g1").Submit(Request());
        await gate.Reached;
        var checkpoint = new CheckpointReference(1, 2, StorePaths.Checkpoint("g1", 1, 2), 5, new string('a', 64));

        await ThrowsAsync(ErrorCodes.InvalidInput, null, () => world.Trained("g1").Report(1, [Update(JobState.Training)]));
        await ThrowsAsync(ErrorCodes.InvalidInput, null, () => world.Trained("g1").CommitCheckpoint(1, checkpoint, null));

        gate.Open();
        Assert.Equal(JobState.Succeeded, (await WatchAsync(world, "g1"))[^1].Stage);
    }

    [Theory]
    [InlineData("prepare")]
    [InlineData("picture 3")]
    [InlineData("done")]
    public async Task Cancel_WhileItIsDrawn_StopsItAndFreesTheSlot(string point)
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("g1", 1, point);
        await world.Generation("g1").Submit(Request());
        await gate.Reached;
        await world.Job("j2").Submit(TestWorld.Request());
        Assert.Equal(JobState.Queued, (await world.StatusAsync("j2")).State);

        Assert.Equal(JobState.Cancelled, (await world.Generation("g1").Cancel()).State);

        Assert.NotNull(await world.Engine.EndOf("g1", 1));
        Assert.Equal(JobState.Cancelled, (await WatchAsync(world, "g1"))[^1].Stage);
        Assert.Empty((await StatusAsync(world, "g1")).Files);
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync("j2"))[^1].Stage);
        await world.WhenOnlyTheLogIsLeftAsync("g1");
        Assert.True(await world.Generation("g1").Delete());
        Assert.Null(await world.Generation("g1").GetStatus());
        Assert.Empty(await world.FilesAsync("jobs/g1/"));
    }

    [Fact]
    public async Task SiloLost_WhileItIsDrawn_BeginsAgainElsewhereAndDrawsTheSame()
    {
        await using var world = new TestWorld();
        await world.StartAsync(silos: 2);
        await world.WhenAnnouncedAsync(2);
        var gate = world.Engine.GateAt("g1", 1, "picture 3");
        world.Engine.Deaf[("g1", 1)] = true;
        await world.Generation("g1").Submit(Request());
        await gate.Reached;
        var silo = Assert.Single((await world.Scheduler.GetSnapshot()).Leases).Silo;

        await world.Cluster.KillSiloAsync(world.Cluster.Silos.Single(one => one.SiloAddress.ToParsableString() == silo));

        var status = await EndOfAsync(world, "g1");
        gate.Open();
        Assert.Equal((JobState.Succeeded, 2L), (status.State, status.Epoch));
        await world.Generation("again").Submit(Request());
        Assert.Equal((await EndOfAsync(world, "again")).Files.Select(file => file.Sha256), status.Files.Select(file => file.Sha256));
    }

    [Fact]
    public async Task Restart_WhileItWaits_GoesOn()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0);
        await world.Generation("g1").Submit(Request());
        await world.StopAsync();

        await world.StartAsync(resume: true);

        Assert.Equal(JobState.Succeeded, (await EndOfAsync(world, "g1")).State);
    }

    [Fact]
    public async Task Recover_ItsStateIsLost_IsAGenerationAgain()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await world.Generation("g1").Submit(Request());
        await WatchAsync(world, "g1");
        var before = await StatusAsync(world, "g1");
        await world.StopAsync();
        world.LoseState();
        await world.StartAsync();
        Assert.Null(await world.Generation("g1").GetStatus());

        Assert.Equal(RecoveryOutcome.Recovered, await world.Job("g1").Recover(dryRun: false));

        var after = await StatusAsync(world, "g1");
        Assert.Equal((before.State, before.Manifest, before.LastSequence), (after.State, after.Manifest, after.LastSequence));
        Assert.Equal((before.Step, before.Steps), (after.Step, after.Steps));
        Assert.Equal(before.Request.Prompts, after.Request.Prompts);
        Assert.Null(await world.Job("g1").GetStatus());
        Assert.Equal(JobKind.Generation, Assert.Single((await world.Catalog.List(new JobQuery { Kind = null })).Jobs).Kind);
    }

    private static GenerationRequest Request(params string[] implantations) =>
        new()
        {
            Owner = "ann",
            Seed = 7,
            Model = new ModelReference { Name = "toyworld-64" },
            Implantations = [.. implantations.Select(id => new ImplantationReference { Id = id, Scale = 0.5 })],
            Prompts = ["a <cat> on the beach", "a <cat> in the snow"],
            PerPrompt = 2,
        };

    private static async Task ImplantAsync(TestWorld world, string id = "cat", string owner = "ann")
    {
        await world.StartAsync();
        await world.Job(id).Submit(TestWorld.Request(owner: owner));
        Assert.Equal(JobState.Succeeded, (await world.WatchAsync(id))[^1].Stage);
    }

    private static async Task<List<ProgressEvent>> WatchAsync(TestWorld world, string id)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        return await world.Generation(id).Watch(1).ToListAsync(limit.Token);
    }

    private static async Task<GenerationStatus> StatusAsync(TestWorld world, string id) => (await world.Generation(id).GetStatus())!;

    /// <summary>Waits for the end across the loss of silos, with which watchers' streams end.</summary>
    private static async Task<GenerationStatus> EndOfAsync(TestWorld world, string id)
    {
        using var limit = new CancellationTokenSource(TestWorld.Limit);
        while (true)
        {
            try
            {
                if (await world.Generation(id).GetStatus().WaitAsync(limit.Token) is { } status && status.State.IsFinal())
                {
                    return status;
                }
            }
            catch (Exception e) when (e is OrleansException or TimeoutException)
            {
                // It moves.
            }

            limit.Token.ThrowIfCancellationRequested();
        }
    }

    private static ProgressUpdate Update(JobState stage) => new() { Time = DateTimeOffset.UtcNow, Stage = stage };

    private static async Task ThrowsAsync(string code, string? field, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<OneShotException>(call);
        Assert.Equal((code, field), (error.Detail.Code, error.Detail.Field));
    }
}
