using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

public sealed class SchedulerLendingTests
{
    private static readonly TimeSpan s_term = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Lend_FreeSlots_AreSpreadOverOtherSilosFirst()
    {
        var model = Model(("a", 3), ("b", 2), ("c", 2));
        Run(model, "j");
        var lent = model.Lend("j", 1, 3, [], s_start);
        Assert.Equal([("b", 0), ("c", 0), ("a", 1)], lent.Select(lease => (lease.Silo, lease.Slot)));
        Assert.All(lent, lease => Assert.Equal(("j", 1L, s_start + s_term), (lease.JobId, lease.Epoch, lease.Expires)));
        Assert.Equal([("b", 1), ("c", 1), ("a", 2)], model.Lend("j", 1, 9, [], s_start).Select(lease => (lease.Silo, lease.Slot)));
        Assert.Empty(model.Lend("j", 1, 1, [], s_start));
        Assert.Equal((0, 1, 6), (model.Free, model.Leased, model.Lent));
        Assert.Equal(6, model.Snapshot().Lent.Length);
    }

    [Fact]
    public void Lend_SilosToLeaveOut_AreLeftOut()
    {
        var model = Model(("a", 1), ("b", 1), ("c", 1));
        Run(model, "j");
        Assert.Equal(["c"], model.Lend("j", 1, 2, ["b"], s_start).Select(lease => lease.Silo));
    }

    [Theory]
    [InlineData("j", 0)]
    [InlineData("j", 1)]
    [InlineData("j", 3)]
    [InlineData("other", 2)]
    public void Lend_NoLeaseOfThatEpoch_GivesNothing(string job, long epoch)
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j", epoch: 2);
        Assert.Empty(model.Lend(job, epoch, 1, [], s_start));
        Assert.Single(model.Lend("j", 2, 1, [], s_start));
    }

    [Fact]
    public void Lend_LeaseWithoutAnswer_GivesNothing()
    {
        var model = Model(("a", 2));
        model.Enqueue(Entry("j"));
        Assert.Single(model.Grant(s_start));
        Assert.Empty(model.Lend("j", 0, 1, [], s_start));
    }

    [Fact]
    public void Lend_JobsWait_LeavesThemTheirSlots()
    {
        var model = Model(("a", 1), ("b", 3));
        Run(model, "j");
        model.Enqueue(Entry("w1"));
        model.Enqueue(Entry("w2"));
        Assert.Single(model.Lend("j", 1, 3, [], s_start));
        Assert.Equal(["w1", "w2"], model.Grant(s_start).Select(record => record.Entry.JobId));
        Assert.Single(model.Snapshot().Lent);
    }

    [Fact]
    public void Grant_OnlyLentSlotsAreLeft_TakesThemBackFromWhoBorrowedMost()
    {
        var model = Model(("a", 2), ("b", 2), ("c", 2));
        Run(model, "j1");
        Run(model, "j2");
        Assert.Equal(3, model.Lend("j1", 1, 3, [], s_start).Length);
        var kept = Assert.Single(model.Lend("j2", 1, 1, [], s_start));
        model.Enqueue(Entry("w1"));
        model.Enqueue(Entry("w2"));
        var taken = model.Grant(s_start);
        Assert.Equal(["w1", "w2"], taken.Select(record => record.Entry.JobId));
        Assert.Equal(["j1", "j2"], model.Snapshot().Lent.Select(lease => lease.JobId).Order());
        Assert.Contains(kept, model.Snapshot().Lent);
        Assert.Equal(6, model.Snapshot().Leases.Concat(model.Snapshot().Lent).Select(lease => (lease.Silo, lease.Slot)).Distinct().Count());
        Assert.Empty(model.Grant(s_start));
    }

    [Fact]
    public void Grant_AFreeSlotIsLeft_LeavesLentOnesAlone()
    {
        var model = Model(("a", 3));
        Run(model, "j");
        var lent = Assert.Single(model.Lend("j", 1, 1, [], s_start));
        model.Enqueue(Entry("w"));
        Assert.NotEqual(lent.Slot, Assert.Single(model.Grant(s_start)).Lease.Slot);
        Assert.Equal([lent], model.Snapshot().Lent);
    }

    [Fact]
    public void GiveBack_OfALentSlot_FreesItOnce()
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j");
        var lent = Assert.Single(model.Lend("j", 1, 1, [], s_start));
        Assert.False(model.GiveBack(lent with { Epoch = 2 }));
        Assert.False(model.GiveBack(lent with { JobId = "other" }));
        Assert.True(model.GiveBack(lent));
        Assert.False(model.GiveBack(lent));
        Assert.Equal((1, 0), (model.Free, model.Lent));
    }

    [Theory]
    [InlineData("removed")]
    [InlineData("not started")]
    [InlineData("own silo lost")]
    [InlineData("own silo silent")]
    [InlineData("new epoch")]
    [InlineData("lent silo lost")]
    [InlineData("lent silo silent")]
    [InlineData("lent silo stops")]
    [InlineData("lent slot gone")]
    public void Lent_ItsReasonEnds_IsLentNoMore(string how)
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j");
        var own = Assert.Single(model.Snapshot().Leases);
        Assert.Single(model.Lend("j", 1, 1, [], s_start));
        var later = s_start + s_term;
        switch (how)
        {
            case "removed":
                Assert.True(model.Remove("j"));
                break;
            case "not started":
                Assert.True(model.NotWanted(own));
                break;
            case "own silo lost":
                model.SiloLost("a");
                break;
            case "own silo silent":
                model.Announce("b", Slots(1), later);
                model.Expire(later);
                break;
            case "new epoch":
                Assert.True(model.Started(own with { Epoch = 2 }));
                break;
            case "lent silo lost":
                model.SiloLost("b");
                break;
            case "lent silo silent":
                model.Announce("a", Slots(1), later);
                model.Expire(later);
                break;
            case "lent silo stops":
                model.Announce("b", [], s_start);
                break;
            default:
                model.Announce("b", [new SlotAnnouncement(7, "cpu", 1)], s_start);
                break;
        }

        Assert.Equal(0, model.Lent);
    }

    [Fact]
    public void Lent_SilosGoOnAnnouncing_StaysLent()
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j");
        model.Lend("j", 1, 1, [], s_start);
        for (var now = s_start; now < s_start + (5 * s_term); now += s_term / 2)
        {
            model.Announce("a", Slots(1), now);
            model.Announce("b", Slots(1), now);
            model.Expire(now);
        }

        Assert.Equal(1, model.Lent);
    }

    [Fact]
    public void ToState_Restored_StillLendsTheSame()
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j");
        var lent = Assert.Single(model.Lend("j", 1, 1, [], s_start));
        var later = s_start + TimeSpan.FromHours(1);
        var restored = new SchedulerModel(model.ToState(), s_term, later);
        Assert.Empty(restored.Expire(later));
        Assert.Equal([lent with { Expires = later + s_term }], restored.Snapshot().Lent);
        // Its silo has not come back: nothing to take.
        restored.Enqueue(Entry("w"));
        Assert.Empty(restored.Grant(later));
        restored.Announce("b", Slots(1), later);
        Assert.Equal("b", Assert.Single(restored.Grant(later)).Lease.Silo);
        Assert.Equal(0, restored.Lent);
    }

    [Fact]
    public void Lend_TheSameRequestAgain_GivesTheSameLeases()
    {
        var model = Model(("a", 1), ("b", 2), ("c", 2));
        Run(model, "j");
        var lent = model.Lend("j", 1, 2, [], s_start, request: 1);
        Assert.Equal(2, lent.Length);
        // The answer was lost, and what is wanted has changed since.
        Assert.Equal(lent, model.Lend("j", 1, 1, ["b"], s_start, request: 1));
        Assert.Equal(2, model.Lent);
        // The scheduler's next activation knows it too.
        var restored = new SchedulerModel(model.ToState(), s_term, s_start);
        Assert.Equal(lent, restored.Lend("j", 1, 2, [], s_start, request: 1));
        Assert.True(model.GiveBack(lent[0]));
        Assert.Equal(lent[1], Assert.Single(model.Lend("j", 1, 2, [], s_start, request: 1)));
        Assert.Equal(3, model.Lend("j", 1, 9, [], s_start, request: 2).Length);
        Assert.Equal(4, model.Lent);
    }

    [Fact]
    public void Lend_RequestOfAnotherJobOrWithoutALease_GivesNothingOfIt()
    {
        var model = Model(("a", 1), ("b", 1), ("c", 1), ("d", 1));
        Run(model, "j");
        Run(model, "k");
        var lent = Assert.Single(model.Lend("j", 1, 1, [], s_start, request: 1));
        Assert.NotEqual(lent.Silo, Assert.Single(model.Lend("k", 1, 1, [], s_start, request: 1)).Silo);
        Assert.True(model.Remove("j"));
        Assert.Empty(model.Lend("j", 1, 1, [], s_start, request: 1));
    }

    [Fact]
    public void Announce_SiloTakesNoJobs_EndsWhatItHasLentAndKeepsItsLeases()
    {
        var model = Model(("a", 1), ("b", 1));
        Run(model, "j");
        Assert.Equal("b", Assert.Single(model.Lend("j", 1, 1, [], s_start)).Silo);
        model.Announce("b", Slots(1), s_start, "its disk is full");
        Assert.Equal((0, 0), (model.Lent, model.Free));
        var later = s_start + (s_term * 0.9);
        model.Announce("a", Slots(1), later, "its disk is full");
        Assert.Empty(model.Expire(s_start + (s_term * 1.5)));
        Assert.Equal("j", Assert.Single(model.Snapshot().Leases).JobId);
    }

    [Fact]
    public void State_WrittenBeforeSlotsWereLent_IsRead()
    {
        using var services = new ServiceCollection().AddSerializer().AddSingleton<OrleansJsonSerializer>().AddOptions().BuildServiceProvider();
        var json = ActivatorUtilities.CreateInstance<JsonGrainStorageSerializer>(services);
        var full = json.Serialize(new SchedulerState { Queue = [Entry("j")], Grants = 3 }).ToString();
        var member = System.Text.RegularExpressions.Regex.Match(full, ",\"Lent\":\\{.*?\\]\\}|,\"Lent\":\\[\\]");
        Assert.True(member.Success, full);
        var old = json.Deserialize<SchedulerState>(new BinaryData(full.Replace(member.Value, string.Empty, StringComparison.Ordinal)))!;
        Assert.Equal("j", Assert.Single(old.Queue).JobId);
        Assert.Empty(new SchedulerModel(old with { Lent = default }, s_term, s_start).Snapshot().Lent);
        Assert.Empty(new SchedulerModel(old, s_term, s_start).Snapshot().Lent);
    }

    private static SchedulerModel Model(params (string Silo, int Slots)[] silos)
    {
        var model = new SchedulerModel(new SchedulerState(), s_term, s_start);
        foreach (var (silo, slots) in silos)
        {
            model.Announce(silo, Slots(slots), s_start);
        }
        return model;
    }

    private static void Run(SchedulerModel model, string job, long epoch = 1)
    {
        model.Enqueue(Entry(job));
        Assert.True(model.Started(Assert.Single(model.Grant(s_start)).Lease with { Epoch = epoch }));
    }

    private static ImmutableArray<SlotAnnouncement> Slots(int count) => [.. Enumerable.Range(0, count).Select(slot => new SlotAnnouncement(slot, "cpu", 1))];

    private static QueueEntry Entry(string job) => new(job, "ann", 0, s_start);
}
