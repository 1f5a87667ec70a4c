using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Estimates;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Tests.Estimates;

/// <summary>What jobs that wait, that run and that have not come yet are told of their end.</summary>
public sealed class EstimateTests
{
    private const string Profile = "toyworld-64/default/auto/1/default";
    private static readonly RunDurations s_run = new(100, 10, 200, 0, 50, HasDefaultSteps: false);

    [Fact]
    public async Task GetStatus_OfAWaitingJob_TellsPlaceAndFinishByTheLikesOfIt()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        await world.Job("j1").Submit(TestWorld.Request());
        await gate.Reached;
        await world.Job("j2").Submit(TestWorld.Request());
        await world.Job("j3").Submit(TestWorld.Request());
        Assert.Equal((2, (DateTimeOffset?)null), await world.StatusAsync("j3") is var unknown ? (unknown.QueuePosition, unknown.EstimatedFinish) : default);
        await Estimator(world).Record(RunProfile.NameOf(TestWorld.Request()), "cpu", s_run);
        await world.Cluster.DeactivateAsync(world.Job("j3"));

        var before = DateTimeOffset.UtcNow;
        var status = await world.StatusAsync("j3");

        Assert.Equal(2, status.QueuePosition);
        // Half of the running one, the whole next one, and its own: 350 s each.
        Assert.InRange((status.EstimatedFinish!.Value - before).TotalSeconds, 2.5 * 350, (2.5 * 350) + 60);
        gate.Open();
        await world.WatchAsync("j3");
        var ended = await world.StatusAsync("j3");
        Assert.Equal((null, null), (ended.QueuePosition, ended.EstimatedFinish));
    }

    [Fact]
    public async Task GetStatus_OfARunningJob_TellsFinishByItsOwnStepsAndTheEndOfOthers()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await Estimator(world).Record(RunProfile.NameOf(TestWorld.Request()), "cpu", s_run);
        var prepare = world.Engine.GateAt("j1", 1, "prepare");
        var step = world.Engine.GateAt("j1", 1, "step 3");
        var sample = world.Engine.GateAt("j1", 1, "sample");
        await world.Job("j1").Submit(TestWorld.Request());
        await prepare.Reached;
        await world.WatchUntilAsync("j1", e => e.Stage == JobState.Preparing);
        await InAsync(world, 350);
        prepare.Open();
        await step.Reached;
        await world.WatchUntilAsync("j1", e => e.Step == 2);
        // Its own steps take no time; what comes after them took others 200 s.
        await InAsync(world, 200);
        step.Open();
        await sample.Reached;
        await world.WatchUntilAsync("j1", e => e.Stage == JobState.Sampling);
        await InAsync(world, 200);
        sample.Open();
        await world.WatchAsync("j1");
    }

    [Fact]
    public async Task Record_AJobThatSucceeds_TellsTheNextOfItsKind_AlsoAfterARestart()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await world.Job("j1").Submit(TestWorld.Request(steps: 7));
        await world.WatchAsync("j1");
        await world.WhenAsync(async () => (await RunsAsync(world)) == 1, async () => $"{await RunsAsync(world)}");
        await world.StopAsync();
        await world.StartAsync();

        var run = Assert.Single(Assert.Single(await Estimator(world).GetExperience(RunProfile.NameOf(TestWorld.Request()))).Runs);

        Assert.Equal((7, 1, false), (run.Steps, run.Pictures, run.HasDefaultSteps));
        Assert.InRange(run.StepSeconds, 0, 60);
    }

    [Fact]
    public async Task Estimate_OfAJob_TellsDevicePlaceAndTimesAndCreatesNothing()
    {
        await using var world = new TestWorld();
        await world.StartAsync();
        await world.WhenAnnouncedAsync(1);
        var request = TestWorld.Request();
        var unknown = await Estimator(world).Estimate(request);
        Assert.Equal(("cpu", null, 1), (unknown.Device, unknown.Seconds, unknown.QueuePosition));
        Assert.Equal(["How long it would take is not known: no job of its kind has ended yet."], unknown.Warnings);

        await Estimator(world).Record(RunProfile.NameOf(request), "cpu", s_run);
        var gate = world.Engine.GateAt("j1", 1, "prepare");
        await world.Job("j1").Submit(request);
        await gate.Reached;
        var known = await Estimator(world).Estimate(request);

        Assert.Equal(("cpu", new SecondsRange(280, 420), 1), (known.Device, known.Seconds, known.QueuePosition));
        Assert.Equal(["All slots that would do have work: it would wait about 3 min first."], known.Warnings);
        Assert.Empty((await world.Scheduler.GetSnapshot()).Queue);
        Assert.Single((await world.Catalog.List(new JobQuery())).Jobs);
        gate.Open();
    }

    [Fact]
    public async Task Estimate_NoSlot_SaysSo()
    {
        await using var world = new TestWorld();
        await world.StartAsync(slots: 0, configure: (_, options) => options.HeartbeatPeriod = TimeSpan.FromMilliseconds(1));

        await world.WhenAsync(
            async () => (await Estimator(world).Estimate(TestWorld.Request())).Warnings.Contains("No silo offers a slot: start one with oneshot serve."),
            async () => string.Join(' ', (await Estimator(world).Estimate(TestWorld.Request())).Warnings)
        );
    }

    [Fact]
    public async Task Estimate_OfARequestThatIsNone_IsRefused()
    {
        await using var world = new TestWorld();
        await world.StartAsync();

        var refused = await Assert.ThrowsAsync<OneShotException>(() => Estimator(world).Estimate(TestWorld.Request(steps: -1)));

        Assert.Equal((ErrorCodes.InvalidInput, "training.steps"), (refused.Detail.Code, refused.Detail.Field));
    }

    [Fact]
    public void Profile_OfARequest_DiffersByWhatItsTimesDependOn()
    {
        Assert.Equal(Profile, RunProfile.NameOf(TestWorld.Request()));
        Assert.Equal(Profile, RunProfile.NameOf(TestWorld.Request(steps: 9)));
        Assert.Equal(Profile, RunProfile.NameOf(TestWorld.Request() with { Samples = new SampleOptions { Steps = 9 } }));
        Assert.NotEqual(Profile, RunProfile.NameOf(TestWorld.Request() with { Training = new TrainingOptions { Resolution = 128 } }));
        Assert.Equal(0, RunProfile.PicturesOf(TestWorld.Request() with { Samples = new SampleOptions { PerPrompt = 0 } }));
        Assert.Null(RunProfile.PicturesOf(TestWorld.Request()));
    }

    private static IEstimatorGrain Estimator(TestWorld world) => world.Cluster.Client.GetGrain<IEstimatorGrain>(0);

    private static async Task<int> RunsAsync(TestWorld world) =>
        (await Estimator(world).GetExperience(RunProfile.NameOf(TestWorld.Request()))).Sum(known => known.Runs.Length);

    /// <summary>The job will end in so many seconds; a test that takes long itself sees fewer.</summary>
    private static async Task InAsync(TestWorld world, double seconds)
    {
        var before = DateTimeOffset.UtcNow;
        var status = await world.StatusAsync("j1");
        Assert.InRange((status.EstimatedFinish!.Value - before).TotalSeconds, seconds - TestWorld.Limit.TotalSeconds, seconds + TestWorld.Limit.TotalSeconds);
    }
}
