using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Tests.Output;

public sealed class DatasetPaceTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Left_IsWhatTheRestTakesAtThePaceSoFar()
    {
        var pace = new DatasetPace(_clock);
        pace.Observe(Status(succeeded: 10, failed: 0));
        Assert.Null(pace.Left);

        // What fails at once tells nothing of the others.
        pace.Observe(Status(succeeded: 10, failed: 40));
        Assert.Null(pace.Left);

        _clock.Advance(TimeSpan.FromSeconds(60));
        pace.Observe(Status(succeeded: 13, failed: 40));
        Assert.Equal(TimeSpan.FromSeconds(20 * 47), pace.Left);
        Assert.Equal(" (53 of 100, 15:40 left)", pace.Text());
    }

    [Fact]
    public void Left_OfARunAtRest_IsUnknown()
    {
        var pace = new DatasetPace(_clock);
        pace.Observe(Status(0, 0));
        _clock.Advance(TimeSpan.FromSeconds(60));
        pace.Observe(Status(100, 0) with { State = DatasetRunState.Finished });

        Assert.Null(pace.Left);
        Assert.Equal(" (100 of 100)", pace.Text());
    }

    private static DatasetRunStatus Status(int succeeded, int failed) =>
        new()
        {
            Id = "r-1",
            Name = "cats",
            Owner = "local",
            State = DatasetRunState.Running,
            Version = 1,
            Items = 100,
            Counts = new DatasetCounts
            {
                Succeeded = succeeded,
                Failed = failed,
                Running = 1,
            },
            Created = DateTimeOffset.UnixEpoch,
        };
}
