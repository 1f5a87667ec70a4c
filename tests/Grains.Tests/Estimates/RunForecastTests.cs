using System.Collections.Immutable;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Estimates;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Tests.Estimates;

public sealed class RunForecastTests
{
    private static readonly ImmutableArray<RunDurations> s_runs =
    [
        new(10, 1, 20, 4, 50, HasDefaultSteps: false),
        new(14, 2, 40, 4, 100, HasDefaultSteps: true),
    ];

    [Fact]
    public void Range_TwoRuns_IsFromTheFastestToTheSlowestForTheStepsAndPicturesAskedFor()
    {
        var forecast = new RunForecast(s_runs, Request(steps: 200, prompts: 2, perPrompt: 4));

        // Eight pictures instead of four: 10 + 200 + 40, and 14 + 400 + 80; a fifth either way.
        Assert.Equal(new SecondsRange(200, 592.8), forecast.Range);
        Assert.Equal((250 + 494) / 2.0, forecast.Seconds);
    }

    [Fact]
    public void Steps_LeftToTheModel_AreThoseOfTheLastRunThatLeftThemToo()
    {
        Assert.Equal(100, new RunForecast(s_runs, Request(steps: null)).Steps);
        var unknown = new RunForecast([s_runs[0]], Request(steps: null));
        Assert.Equal((null, null, null), (unknown.Steps, unknown.Seconds, unknown.Range));
    }

    [Fact]
    public void Steps_LeftToTheModelOfWhichARunTells_AreThoseWhateverThatRunTook()
    {
        RunDurations run = new(10, 1, 20, 4, 40, HasDefaultSteps: false)
        {
            DefaultSteps = 100,
            PictureSteps = 10,
            DefaultPictureSteps = 25,
        };
        var open = new RunForecast([run], Request(steps: null));

        Assert.Equal(100, open.Steps);
        // Four pictures of 25 steps where it drew four of 10.
        Assert.Equal(10 + 100 + 50, open.Seconds);
        var few = Request(steps: 7);
        Assert.Equal(10 + 7 + 10, new RunForecast([run], few with { Samples = few.Samples with { Steps = 5 } }).Seconds);
    }

    [Fact]
    public void NameOf_OtherNumbersOfSteps_IsTheSameKind()
    {
        var few = Request(steps: 7) with { Samples = new SampleOptions { Steps = 5 } };
        Assert.Equal(RunProfile.NameOf(Request(steps: null)), RunProfile.NameOf(few));
        Assert.NotEqual(RunProfile.NameOf(few), RunProfile.NameOf(few with { Training = few.Training with { Resolution = 128 } }));
    }

    [Theory]
    [InlineData(1, 1, 0.0)]
    [InlineData(1, 0, 60.0)]
    [InlineData(3, 0, 300.0)]
    [InlineData(3, 1, 180.0)]
    public void WaitSeconds_ByPlaceAndFreeSlots_CountsJobsAheadAsLongAsThisOne(int position, int free, double seconds)
    {
        var forecast = new RunForecast([new RunDurations(40, 1, 100, 0, 100, HasDefaultSteps: false)], Request(steps: 100, prompts: 1, perPrompt: 0));

        Assert.Equal(240, forecast.Seconds);
        Assert.Equal(seconds, forecast.WaitSeconds(new QueueOutlook("", position, Slots: 2, free, "cpu", 0)));
        Assert.Null(forecast.WaitSeconds(new QueueOutlook("", null, Slots: 0, Free: 0, null, 0)));
    }

    [Fact]
    public void For_SeveralKindsOfDevice_TakesTheOneAskedForOrTheOneThatIsAsFast()
    {
        var request = Request(steps: 10);
        RunDurations fast = new(1, 0.1, 1, 0, 10, HasDefaultSteps: false);
        ImmutableArray<RunExperience> known = [new("cpu", [fast with { StepSeconds = 3 }, fast with { StepSeconds = 3 }]), new("cuda", [fast])];

        Assert.Equal(0.1, RunForecast.For(known, "cuda", request)!.StepSeconds);
        Assert.Equal(3, RunForecast.For(known, device: null, request)!.StepSeconds);
        Assert.Equal(0.1, RunForecast.ForPace(known, 0.2, request)!.StepSeconds);
        Assert.Equal(3, RunForecast.ForPace(known, 2, request)!.StepSeconds);
        Assert.Null(RunForecast.ForPace([], 2, request));
        Assert.Null(RunForecast.For([], "cpu", request));
    }

    private static ImplantationRequest Request(int? steps, int prompts = 1, int perPrompt = 4) =>
        TestWorld.Request() with
        {
            Training = new TrainingOptions { Steps = steps },
            Samples = new SampleOptions { Prompts = [.. Enumerable.Repeat("a <cat>", prompts)], PerPrompt = perPrompt },
        };
}
