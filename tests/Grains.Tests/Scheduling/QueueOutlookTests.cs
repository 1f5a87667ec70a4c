using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

/// <summary>What a waiting job is told of its place.</summary>
public sealed class QueueOutlookTests
{
    private static readonly TimeSpan s_term = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void OutlookOf_EachWaitingJob_IsItsPlaceInTheSnapshot()
    {
        var model = Model();
        model.Announce("a", [new SlotAnnouncement(0, "cpu", 100), new SlotAnnouncement(1, "cuda:0", 100)], s_start);
        model.Enqueue(Entry("r1", "ann"));
        model.Enqueue(Entry("r2", "bob"));
        model.Grant(s_start);
        var random = new Random(5);
        for (var i = 0; i < 60; i++)
        {
            model.Enqueue(Entry($"j{i}", $"o{random.Next(7)}", random.Next(-1, 2), random.Next(40)));
        }

        var order = model.Snapshot().Queue;

        Assert.Equal(Enumerable.Range(1, order.Length), order.Select(entry => model.OutlookOf(model.Waiting.Find(entry.JobId)!).Position ?? 0));
        Assert.Equal((2, 0, "cuda"), model.OutlookOf(model.Waiting.Find("j0")!) is var outlook ? (outlook.Slots, outlook.Free, outlook.Device) : default);
    }

    [Fact]
    public void OutlookOf_NoSlotDoes_HasNoPlaceAndSaysWhy()
    {
        var model = Model();
        model.Announce("a", [new SlotAnnouncement(0, "cpu", 100)], s_start);
        var entry = Entry("j1", "ann") with { Device = "cuda" };
        model.Enqueue(entry);

        Assert.Equal(new QueueOutlook("Waits: no slot has a cuda device.", null, 0, 0, null, 0), model.OutlookOf(entry));
    }

    [Fact]
    public void OutlookOf_NoSilos_CountsAllThatWait()
    {
        var model = Model();
        model.Enqueue(Entry("j1", "ann"));
        var second = Entry("j2", "ann", age: 1);
        model.Enqueue(second);

        Assert.Equal((2, 0, (string?)null), model.OutlookOf(second) is var outlook ? (outlook.Position, outlook.Slots, outlook.Device) : default);
        Assert.Equal(2, model.OutlookOf(second, settled: false).Position);
    }

    [Fact]
    public void Preview_OfAJob_TellsItsPlaceAndLeavesTheQueueAsItWas()
    {
        var model = Model();
        List<string> told = [];
        model.Entered = row => told.Add(row.Entry.JobId);
        model.Left = told.Add;
        model.Announce("a", [new SlotAnnouncement(0, "cpu", 100)], s_start);
        Assert.Equal((1, 1), model.Preview(Entry("", "ann")) is var free ? (free.Position, free.Free) : default);
        model.Enqueue(Entry("j1", "ann"));
        model.Grant(s_start);
        model.Enqueue(Entry("j2", "ann"));
        model.Enqueue(Entry("j3", "bob"));
        told.Clear();

        Assert.Equal((3, 0), model.Preview(Entry("", "ann", age: 9)) is var last ? (last.Position, last.Free) : default);
        // Who has no slot goes before whoever has one.
        Assert.Equal(2, model.Preview(Entry("", "zoe", age: 9)).Position);

        Assert.Empty(told);
        Assert.Equal(["j3", "j2"], model.Snapshot().Queue.Select(entry => entry.JobId));
        Assert.Null(model.Waiting.Find(""));
    }

    private static SchedulerModel Model() => new(new SchedulerState(), s_term, s_start);

    private static QueueEntry Entry(string id, string owner, int priority = 0, int age = 0) => new(id, owner, priority, s_start.AddSeconds(age));
}
