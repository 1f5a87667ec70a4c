using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Documents.Tests.Progress;

public sealed class ProgressEventTests
{
    private static readonly DateTimeOffset s_time = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Equals_TheSameLosses_AreEqualByValue()
    {
        var one = Event([new TermLoss("global", 1), new TermLoss("prior", double.NaN)]);
        Assert.Equal(one, Event([new TermLoss("global", 1), new TermLoss("prior", double.NaN)]));
        Assert.Equal(
            Event([new TermLoss("global", 1), new TermLoss("prior", 2)]).GetHashCode(),
            Event([new TermLoss("global", 1), new TermLoss("prior", 2)]).GetHashCode()
        );
        Assert.Equal(Update(1), Update(1));
        Assert.NotEqual(Update(1), Update(2));
    }

    [Fact]
    public void Equals_NoLossesHoweverSaid_AreEqual()
    {
        Assert.Equal(Event([]), Event(default));
        Assert.Equal(Event(default), ProgressJson.FromLine(ProgressJson.ToLine(Event([]))));
    }

    [Fact]
    public void Equals_TheSameMetrics_AreEqualByValue()
    {
        Assert.Equal(Measured(0.5), Measured(0.5));
        Assert.Equal(Measured(0.5), ProgressJson.FromLine(ProgressJson.ToLine(Measured(0.5))));
        Assert.NotEqual(Measured(0.5), Measured(0.6));
    }

    [Fact]
    public void Equals_OtherLosses_AreNot()
    {
        Assert.NotEqual(Event([new TermLoss("global", 1)]), Event([new TermLoss("global", 2)]));
        Assert.NotEqual(Event([new TermLoss("global", 1)]), Event([new TermLoss("object", 1)]));
        Assert.NotEqual(Event([new TermLoss("global", 1)]), Event([]));
        Assert.NotEqual(Event([new TermLoss("global", 1)]), Event(default));
    }

    private static ProgressEvent Measured(double ia) =>
        Event(default) with
        {
            Metrics = new JobMetrics
            {
                Objects =
                [
                    new ObjectMetrics
                    {
                        Token = "<cat>",
                        Class = "cat",
                        IaObject = ia,
                    },
                ],
            },
        };

    private static ProgressUpdate Update(double loss) =>
        new()
        {
            Time = s_time,
            Stage = JobState.Training,
            Terms = [new TermLoss("global", loss)],
        };

    private static ProgressEvent Event(ImmutableArray<TermLoss> terms) =>
        new()
        {
            Sequence = 1,
            Time = s_time,
            Stage = JobState.Training,
            Terms = terms,
        };
}
