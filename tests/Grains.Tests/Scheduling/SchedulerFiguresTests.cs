using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>What metrics tell of the queue.</summary>
public sealed class SchedulerFiguresTests
{
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SchedulerModel _model = new(new SchedulerState(), TimeSpan.FromMinutes(1), s_start);

    [Fact]
    public void Measure_NoSlots_WantsASlotForEveryJobOnceSilosHadTheTimeToCome()
    {
        _model.Enqueue(Entry("j1", 5));
        _model.Enqueue(Entry("j2", 3));
        Assert.Equal(0, _model.Measure(settled: false).NoSlots);
        var figures = _model.Measure();
        Assert.Equal((2, 2, 0, 2), (figures.Queued, figures.NoSlots, figures.Startable, figures.Wanted));
        Assert.Equal(s_start.AddSeconds(3), figures.Oldest);
    }

    [Fact]
    public void Measure_SlotsThatDoAndThatDoNot_TellsThemApart()
    {
        _model.Announce("a", [new SlotAnnouncement(0, "cpu", 1 << 20), new SlotAnnouncement(1, "cpu", 1 << 20)], s_start);
        _model.Announce("sick", [new SlotAnnouncement(0, "cpu", 1 << 20)], s_start, "its disk is full");
        foreach (var job in new[] { "j1", "j2", "j3" })
        {
            _model.Enqueue(Entry(job, 0));
        }
        // No slot has such a device: more slots of the same kind would not help.
        _model.Enqueue(Entry("gpu", 0) with { Device = "cuda" });
        Assert.Equal((4, 3, 1), (_model.Measure().Queued, _model.Measure().Startable, _model.Measure().NoneFits));
        Assert.Equal(2, _model.Grant(s_start).Length);

        var figures = _model.Measure();

        Assert.Equal((2, 0, 2, 1), (figures.Queued, figures.Free, figures.Leased, figures.Withheld));
        Assert.Equal((1, 0, 0), (figures.NoneFits, figures.OnlyWithheld, figures.NoSlots));
        Assert.Equal((0, 3), (figures.Startable, figures.Wanted));
        _model.SiloLost("a");
        Assert.Equal(1, _model.Measure().OnlyWithheld);
    }

    [Fact]
    public void Oldest_OfAJobThatWaitsAgain_CountsFromThenOn()
    {
        Assert.Null(_model.Measure().Oldest);
        _model.Enqueue(Entry("again", 0) with { Over = 1 }, s_start.AddHours(5));
        Assert.Equal(s_start.AddHours(5), _model.Measure().Oldest);
        _model.Enqueue(Entry("new", 60), s_start.AddHours(5));
        Assert.Equal(s_start.AddSeconds(60), _model.Measure().Oldest);
        _model.Remove("new");
        Assert.Equal(s_start.AddHours(5), _model.Measure().Oldest);
        _model.Remove("again");
        Assert.Null(_model.Measure().Oldest);
    }

    private static QueueEntry Entry(string id, double age) => new(id, "ann", 0, s_start.AddSeconds(age));
}
