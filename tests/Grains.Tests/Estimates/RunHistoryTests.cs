using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Grains.Estimates;

namespace OrleansOneShot.Grains.Tests.Estimates;

public sealed class RunHistoryTests
{
    private static readonly RunDurations s_run = new(1, 2, 3, 4, 5, HasDefaultSteps: false);

    [Fact]
    public void Add_ManyRuns_KeepsTheLatestOfEachKind()
    {
        var history = new RunHistory([]);
        for (var i = 0; i < 20; i++)
        {
            history.Add("sd", "cpu", s_run with { StepSeconds = i });
        }
        history.Add("sd", "cuda", s_run);

        var known = new RunHistory(history.ToState()).Find("sd");

        Assert.Equal(["cpu", "cuda"], known.Select(kind => kind.Device));
        Assert.Equal(Enumerable.Range(12, RunHistory.MaxRuns).Select(i => (double)i), known[0].Runs.Select(run => run.StepSeconds));
        Assert.Empty(history.Find("sd/512"));
    }

    [Fact]
    public void Add_TooManyKinds_ForgetsTheOneThatWasToldOfLongestAgo()
    {
        var history = new RunHistory([]);
        for (var i = 0; i < RunHistory.MaxProfiles; i++)
        {
            history.Add($"p{i}", "cpu", s_run);
        }
        history.Add("p0", "cpu", s_run);
        history.Add("new", "cpu", s_run);

        Assert.Equal(RunHistory.MaxProfiles, history.ToState().Length);
        Assert.Empty(history.Find("p1"));
        Assert.Equal(2, Assert.Single(history.Find("p0")).Runs.Length);
    }
}
