using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests;

/// <summary>What jobs need of a slot, what is learned of it, why they wait, and when the queue is full.</summary>
public sealed class SchedulerNeedsTests
{
    private const long Gib = 1L << 30;
    private static readonly TimeSpan s_term = TimeSpan.FromMinutes(1);
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Grant_JobThatFitsNoSlot_WaitsAndBlocksNobody()
    {
        var model = Model(("a", "cpu", 8 * Gib), ("b", "cuda:0", 10 * Gib));
        model.Enqueue(Entry("large", "ann", bytes: 12 * Gib));
        model.Enqueue(Entry("gpu", "ann", bytes: 9 * Gib, device: "cuda"));
        model.Enqueue(Entry("small", "ann", bytes: 8 * Gib));
        Assert.Equal([("gpu", "b"), ("small", "a")], model.Grant(s_start).Select(record => (record.Entry.JobId, record.Lease.Silo)).Order());
        Assert.Equal("Waits: no slot has 12 GiB.", Why(model, "large"));
        model.Announce("c", [new SlotAnnouncement(0, "cpu", 12 * Gib)], s_start);
        Assert.Equal("c", Assert.Single(model.Grant(s_start)).Lease.Silo);
    }

    [Fact]
    public void Grant_ModelMappedSomewhere_PrefersThatSilo()
    {
        var model = Model(("a", "cpu", Gib));
        model.Announce("b", [new SlotAnnouncement(0, "cpu", Gib) { Models = ["other", "sd"] }], s_start);
        model.Enqueue(Entry("j1", "ann") with { Model = "sd" });
        model.Enqueue(Entry("j2", "ann") with { Model = "sd" });
        Assert.Equal(["b", "a"], model.Grant(s_start).Select(record => record.Lease.Silo));
    }

    [Fact]
    public void Lend_AWaitingJobFitsNoFreeSlot_LendsThem()
    {
        var model = Model(("a", "cpu", Gib), ("b", "cpu", Gib));
        model.Enqueue(Entry("j", "ann"));
        Assert.True(model.Started(Assert.Single(model.Grant(s_start)).Lease with { Epoch = 1 }));
        model.Enqueue(Entry("large", "ann", bytes: 2 * Gib));
        Assert.Single(model.Lend("j", 1, 5, [], s_start));
        // It fits the lent one no better.
        Assert.Empty(model.Grant(s_start));
        Assert.Equal(1, model.Lent);
    }

    [Fact]
    public void Learn_PeakOfAnEndedJob_HoldsForItsLikeOnly()
    {
        var model = Model(("a", "cpu", 8 * Gib));
        model.Enqueue(Entry("first", "ann") with { Profile = "sd/512" });
        Assert.Equal(0, Assert.Single(model.Grant(s_start)).Entry.RequiredBytes);
        Assert.True(model.Learn("first", (3 * Gib) - 5));
        Assert.False(model.Learn("first", 2 * Gib));
        Assert.False(model.Learn("unknown", 4 * Gib));
        model.Enqueue(Entry("alike", "ann") with { Profile = "sd/512" });
        model.Enqueue(Entry("other", "ann") with { Profile = "sd/768" });
        Assert.Equal(3 * Gib, model.Waiting.Find("alike")!.RequiredBytes);
        Assert.Equal(0, model.Waiting.Find("other")!.RequiredBytes);
        var restored = new SchedulerModel(model.ToState(), s_term, s_start);
        restored.Enqueue(Entry("later", "ann") with { Profile = "sd/512" });
        Assert.Equal(3 * Gib, restored.Waiting.Find("later")!.RequiredBytes);
    }

    [Fact]
    public void Learn_MoreThanItsSlotOffers_StillFitsThatSlot()
    {
        var model = Model(("a", "cpu", 8 * Gib));
        model.Enqueue(Entry("first", "ann") with { Profile = "p" });
        model.Grant(s_start);
        Assert.True(model.Learn("first", 30 * Gib));
        model.Remove("first");
        model.Enqueue(Entry("alike", "ann") with { Profile = "p" });
        Assert.Single(model.Grant(s_start));
    }

    [Fact]
    public void Learn_ManyProfiles_ForgetsTheOldest()
    {
        var profiles = new MemoryProfiles([]);
        for (var i = 0; i <= MemoryProfiles.MaxProfiles; i++)
            Assert.True(profiles.Learn($"p{i}", Gib));
        Assert.Equal(MemoryProfiles.MaxProfiles, profiles.ToState().Length);
        Assert.Equal((0, Gib), (profiles.RequiredBytes("p0"), profiles.RequiredBytes("p1")));
    }

    [Fact]
    public void Enqueue_Front_GoesBeforeItsOwnersOthers()
    {
        var model = Model();
        model.Enqueue(Entry("urgent", "ann") with { Priority = 9 });
        model.Enqueue(Entry("bob", "bob"));
        model.Enqueue(Entry("drained", "ann") with { Front = true });
        Assert.Equal(["drained", "bob", "urgent"], model.Snapshot().Queue.Select(entry => entry.JobId));
    }

    [Fact]
    public void Describe_EveryReason_IsASentence()
    {
        var model = Model();
        model.Enqueue(Entry("j1", "ann"));
        model.Enqueue(Entry("j2", "ann"));
        model.Enqueue(Entry("j3", "ann"));
        model.Enqueue(Entry("g", "ann", bytes: 3 * Gib / 2, device: "cuda"));
        Assert.Equal("No silo offers a slot: start one with oneshot serve.", Why(model, "j1"));
        model.Announce("a", [new SlotAnnouncement(0, "cpu", Gib)], s_start);
        Assert.Equal("Waits for a free slot.", Why(model, "j1"));
        Assert.Equal("Waits for a free slot; 1 job is ahead.", Why(model, "j2"));
        Assert.Equal("Waits for a free slot; 2 jobs are ahead.", Why(model, "j3"));
        Assert.Equal("Waits: no slot has a cuda device.", Why(model, "g"));
        model.Announce("b", [new SlotAnnouncement(0, "cuda:0", Gib)], s_start);
        Assert.Equal("Waits: no cuda slot has 1.5 GiB.", Why(model, "g"));
    }

    [Fact]
    public void Notices_OnlyChangedReasons_AFewAtATime()
    {
        var model = Model();
        var notices = new WaitNotices(model);
        model.Entered = row => notices.Entered(row.Entry);
        model.Left = notices.Left;
        for (var i = 0; i < 3; i++)
            model.Enqueue(Entry($"j{i}", "ann"));
        // Silos have not had the time to come.
        Assert.Empty(notices.Take(settled: false, 10));
        Assert.Equal(["j0", "j1"], notices.Take(settled: true, 2).Select(notice => notice.JobId));
        Assert.Equal(["j2"], notices.Take(settled: true, 2).Select(notice => notice.JobId));
        model.Enqueue(Entry("j3", "ann"));
        Assert.Equal(("j3", "No silo offers a slot: start one with oneshot serve."), Assert.Single(notices.Take(settled: true, 2)));
        Assert.Empty(notices.Take(settled: true, 10));
        model.Announce("a", [new SlotAnnouncement(0, "cpu", Gib)], s_start);
        model.Grant(s_start);
        Assert.Equal(["j1", "j2", "j3"], notices.Take(settled: true, 10).Select(notice => notice.JobId));
        model.Enqueue(Entry("j4", "ann"));
        Assert.Empty(notices.Take(settled: true, 10));
    }

    [Fact]
    public void Admit_LimitsOfOwnerAndQueue_RefuseWithATime()
    {
        var admission = new Admission(maxPerOwner: 2, maxQueued: 3);
        var queue = Model().Waiting;
        admission.Admit(queue, "j1", "ann", s_start);
        admission.Admit(queue, "j1", "ann", s_start);
        admission.Admit(queue, "j2", "ann", s_start);
        var error = Assert.Throws<OneShotException>(() => admission.Admit(queue, "j3", "ann", s_start)).Detail;
        Assert.Equal((ErrorCodes.Limit, "ann has 2 jobs in the queue, the most for an owner; try again in 60 s.", "owner"), (error.Code, error.Message, error.Field));
        admission.Admit(queue, "j3", "bob", s_start);
        for (var i = 0; i < 5; i++)
            admission.Started(s_start.AddSeconds(i * 3));
        error = Assert.Throws<OneShotException>(() => admission.Admit(queue, "j4", "eve", s_start.AddSeconds(12))).Detail;
        Assert.Equal((ErrorCodes.Limit, "The queue holds 3 jobs and is full; try again in 3 s."), (error.Code, error.Message));
        // None of them came.
        admission.Admit(queue, "j4", "eve", s_start.AddSeconds(31));
    }

    [Fact]
    public void State_OlderOneRow_OrBothPlacesAfterACrash_KeepsEachJobOnce()
    {
        var model = Model(("a", "cpu", Gib));
        model.Enqueue(Entry("leased", "ann"));
        var record = Assert.Single(model.Grant(s_start));
        var state = model.ToState() with { Queue = [Entry("old", "ann"), Entry("paged", "ann")] };
        var restored = new SchedulerModel(state, s_term, s_start, [new QueueRow(Entry("paged", "ann"), 7), new QueueRow(record.Entry, 3)]);
        Assert.Equal(["old", "paged"], restored.Snapshot().Queue.Select(entry => entry.JobId).Order());
        Assert.Equal("leased", Assert.Single(restored.Snapshot().Leases).JobId);
        Assert.True(restored.Waiting.Arrivals.Last().Arrival > 7);
    }

    private static string Why(SchedulerModel model, string job)
    {
        var entry = model.Waiting.Find(job)!;
        return model.Describe(entry, model.ReasonOf(SlotNeed.Of(entry)));
    }

    private static SchedulerModel Model(params (string Silo, string Device, long Bytes)[] slots)
    {
        var model = new SchedulerModel(new SchedulerState(), s_term, s_start);
        foreach (var (silo, device, bytes) in slots)
            model.Announce(silo, [new SlotAnnouncement(0, device, bytes)], s_start);
        return model;
    }

    private static QueueEntry Entry(string job, string owner, long bytes = 0, string? device = null) => new(job, owner, 0, s_start, RequiredBytes: bytes, Device: device);
}
