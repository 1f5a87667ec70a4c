using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

public sealed class SchedulerModelTests
{
    private static readonly TimeSpan s_term = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Enqueue_TheEpochIsOver_EndsItsLeaseAndNoLaterOne()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("j1", "ann", 0));
        var lease = Assert.Single(model.Grant(s_start)).Lease;
        Assert.True(model.Started(lease with { Epoch = 2 }));
        // Late: the job works in its second epoch.
        model.Enqueue(Entry("j1", "ann", 0) with { Over = 1 });
        Assert.Equal((0, 1), (model.Queued, model.Leased));
        Assert.True(model.Enqueue(Entry("j1", "ann", 0) with { Over = 2 }));
        Assert.Equal((1, 0), (model.Queued, model.Leased));
        Assert.False(model.Enqueue(Entry("j1", "ann", 0) with { Over = 2 }));
    }

    [Fact]
    public void Started_TheEpochIsOverAlready_TheJobWaitsAgain()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("j1", "ann", 0) with { Over = 1 });
        var lease = Assert.Single(model.Grant(s_start)).Lease;
        Assert.True(model.Enqueue(Entry("j1", "ann", 0) with { Over = 2 }));
        Assert.Equal((0, 1), (model.Queued, model.Leased));
        Assert.True(model.Started(lease with { Epoch = 2 }));
        Assert.Equal((1, 0), (model.Queued, model.Leased));
        lease = Assert.Single(model.Grant(s_start)).Lease;
        Assert.True(model.Started(lease with { Epoch = 3 }));
        Assert.Equal((0, 1), (model.Queued, model.Leased));
    }

    [Fact]
    public void Grant_TwoOwnersOneSlot_TakesTurns()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        for (var i = 1; i <= 3; i++)
        {
            model.Enqueue(Entry($"ann{i}", "ann", age: i));
        }
        model.Enqueue(Entry("bob1", "bob", age: 4));
        model.Enqueue(Entry("bob2", "bob", age: 5));
        Assert.Equal(["ann1", "bob1", "ann2", "bob2", "ann3"], model.Snapshot().Queue.Select(entry => entry.JobId));
        Assert.Equal(["ann1", "bob1", "ann2", "bob2", "ann3"], RunAll(model));
    }

    [Fact]
    public void Grant_OneOwnerHoldsSlots_TheOtherIsFirst()
    {
        var model = Model();
        model.Announce("a", Slots(2), s_start);
        for (var i = 1; i <= 4; i++)
        {
            model.Enqueue(Entry($"ann{i}", "ann", age: i, priority: 100));
        }
        Assert.Equal(["ann1", "ann2"], model.Grant(s_start).Select(record => record.Entry.JobId));
        model.Enqueue(Entry("bob1", "bob", age: 9, priority: -100));
        model.Remove("ann1");
        Assert.Equal("bob1", Assert.Single(model.Grant(s_start)).Entry.JobId);
    }

    [Fact]
    public void Grant_OneOwner_PriorityThenAge()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("young", "ann", age: 3));
        model.Enqueue(Entry("old", "ann", age: 1));
        model.Enqueue(Entry("urgent", "ann", age: 5, priority: 1));
        Assert.Equal(["urgent", "old", "young"], RunAll(model));
    }

    [Fact]
    public void Grant_MoreJobsThanSlots_NeverLeasesASlotTwice()
    {
        var model = Model();
        model.Announce("a", Slots(2), s_start);
        model.Announce("b", Slots(3), s_start);
        for (var i = 0; i < 20; i++)
        {
            model.Enqueue(Entry($"j{i}", $"owner{i % 3}", age: i));
        }
        Assert.Equal(5, model.Grant(s_start).Length);
        Assert.Empty(model.Grant(s_start));
        model.Announce("a", Slots(2), s_start);
        Assert.Empty(model.Grant(s_start));
        var leases = model.Snapshot().Leases;
        Assert.Equal(5, leases.Select(lease => (lease.Silo, lease.Slot)).Distinct().Count());
        Assert.Equal(5, leases.Select(lease => lease.JobId).Distinct().Count());
    }

    [Fact]
    public void Enqueue_WaitingOrLeased_StaysAsItIs()
    {
        var model = Model();
        Assert.True(model.Enqueue(Entry("j", "ann", 1)));
        Assert.False(model.Enqueue(Entry("j", "ann", 2)));
        model.Announce("a", Slots(1), s_start);
        model.Grant(s_start);
        Assert.False(model.Enqueue(Entry("j", "ann", 3)));
        Assert.Empty(model.Snapshot().Queue);
    }

    [Fact]
    public void Expire_SilentSilo_FreesItsLeasesAndSlots()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Announce("b", Slots(1), s_start);
        model.Enqueue(Entry("on-a", "ann", 1));
        model.Enqueue(Entry("on-b", "bob", 2));
        model.Grant(s_start);
        model.Announce("b", Slots(1), s_start + s_term / 2);
        Assert.Empty(model.Expire(s_start + s_term - TimeSpan.FromTicks(1)));
        Assert.Equal(["on-a"], model.Expire(s_start + s_term).Select(lease => lease.JobId));
        Assert.Equal(["b"], model.Snapshot().Slots.Keys);
        Assert.Equal("on-b", Assert.Single(model.Snapshot().Leases).JobId);
    }

    [Fact]
    public void SiloLost_ItsLeases_ReturnAtOnce()
    {
        var model = Model();
        model.Announce("a", Slots(2), s_start);
        model.Enqueue(Entry("j1", "ann", 1));
        model.Enqueue(Entry("j2", "ann", 2));
        model.Grant(s_start);
        Assert.Equal(["j1", "j2"], model.SiloLost("a").Select(lease => lease.JobId));
        Assert.Empty(model.SiloLost("a"));
        Assert.Equal(0, model.Free);
    }

    [Fact]
    public void Announce_Empty_TakesTheSiloOutButKeepsItsLeases()
    {
        var model = Model();
        model.Announce("a", Slots(2), s_start);
        model.Enqueue(Entry("j1", "ann", 1));
        model.Grant(s_start);
        model.Announce("a", [], s_start);
        model.Enqueue(Entry("j2", "ann", 2));
        Assert.Empty(model.Grant(s_start));
        Assert.Equal("j1", Assert.Single(model.Snapshot().Leases).JobId);
    }

    [Fact]
    public void NotStarted_Requeue_PutsTheJobBackInItsPlace()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("j1", "ann", 1));
        model.Enqueue(Entry("j2", "ann", 2));
        var lease = Assert.Single(model.Grant(s_start)).Lease;
        Assert.True(model.NotStarted(lease, failed: null));
        Assert.False(model.NotStarted(lease, failed: null));
        Assert.Equal(["j1", "j2"], model.Snapshot().Queue.Select(entry => entry.JobId));
        Assert.Equal("j1", Assert.Single(model.Grant(s_start)).Lease.JobId);
    }

    [Fact]
    public void NotStarted_SlotCouldNotBeUsed_TheJobGoesElsewhereAndTheSiloIsTriedAgainLaterAndLater()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("j1", "ann", 1));
        var now = s_start;
        var pauses = new List<double>();
        for (var i = 0; i < 9; i++)
        {
            var lease = Assert.Single(model.Grant(now)).Lease;
            Assert.True(model.NotStarted(lease, now));
            pauses.Add(Enumerable.Range(1, 100).First(second => !model.Grant(now.AddSeconds(second)).IsEmpty));
            now = now.AddSeconds(pauses[^1]);
            Assert.True(model.NotStarted(Assert.Single(model.Snapshot().Leases), failed: null));
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], pauses);
        Assert.True(model.NotStarted(Assert.Single(model.Grant(now)).Lease, now));
        model.Announce("b", Slots(1), now);
        var elsewhere = Assert.Single(model.Grant(now)).Lease;
        Assert.Equal("b", elsewhere.Silo);
    }

    [Fact]
    public void Started_AfterFailures_TheSiloCountsAsNewAgain()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("j1", "ann", 1));
        Assert.True(model.NotStarted(Assert.Single(model.Grant(s_start)).Lease, s_start));
        Assert.True(model.NotStarted(Assert.Single(model.Grant(s_start.AddSeconds(1))).Lease, s_start.AddSeconds(1)));
        var lease = Assert.Single(model.Grant(s_start.AddSeconds(3))).Lease;
        Assert.True(model.Started(lease with { Epoch = 1 }));
        Assert.True(model.Remove("j1"));
        model.Enqueue(Entry("j2", "ann", 2));
        Assert.True(model.NotStarted(Assert.Single(model.Grant(s_start.AddSeconds(3))).Lease, s_start.AddSeconds(3)));
        Assert.Single(model.Grant(s_start.AddSeconds(4)));
    }

    [Fact]
    public void ToState_Restored_GoesOnTheSame()
    {
        var model = Model();
        model.Announce("a", Slots(1), s_start);
        model.Enqueue(Entry("ann1", "ann", 1));
        model.Enqueue(Entry("ann2", "ann", 2));
        model.Enqueue(Entry("bob1", "bob", 3));
        model.Grant(s_start);
        var later = s_start + TimeSpan.FromHours(1);
        var restored = new SchedulerModel(model.ToState(), s_term, later);
        Assert.Equal("ann1", Assert.Single(restored.Unanswered).JobId);
        Assert.Empty(restored.Expire(later));
        Assert.True(restored.Started(restored.Unanswered[0] with { Epoch = 4 }));
        Assert.Empty(restored.Unanswered);
        Assert.Equal(["bob1", "ann2"], restored.Snapshot().Queue.Select(entry => entry.JobId));
    }

    private static SchedulerModel Model() => new(new SchedulerState(), s_term, s_start);

    private static System.Collections.Immutable.ImmutableArray<SlotAnnouncement> Slots(int count) =>
        [.. Enumerable.Range(0, count).Select(slot => new SlotAnnouncement(slot, "cpu", 1))];

    private static QueueEntry Entry(string job, string owner, int age, int priority = 0) => new(job, owner, priority, s_start.AddSeconds(age));

    private static List<string> RunAll(SchedulerModel model)
    {
        var order = new List<string>();
        while (model.Grant(s_start) is [var record])
        {
            order.Add(record.Entry.JobId);
            model.Remove(record.Entry.JobId);
        }

        return order;
    }
}
