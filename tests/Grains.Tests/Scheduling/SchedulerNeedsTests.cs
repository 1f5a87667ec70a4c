using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Tests.Scheduling;

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
        Assert.Equal(
            "Waits for memory: needs 12 GiB on cpu, where the largest slot has 8 GiB; needs 12 GiB on cuda, where the largest slot has 10 GiB.",
            Why(model, "large")
        );
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
        Assert.Equal(0, Required(model, "first"));
        Assert.Single(model.Grant(s_start));
        // Waits already when its like tells.
        model.Enqueue(Entry("alike", "ann") with { Profile = "sd/512" });
        Assert.Equal(0, Required(model, "alike"));
        Assert.True(model.RecordMemory("first", (3 * Gib) - 5, s_start));
        Assert.False(model.RecordMemory("first", 2 * Gib, s_start));
        Assert.False(model.RecordMemory("unknown", 4 * Gib, s_start));
        model.Enqueue(Entry("other", "ann") with { Profile = "sd/768" });
        Assert.Equal((3 * Gib, 0), (Required(model, "alike"), Required(model, "other")));
        model.Announce("b", [new SlotAnnouncement(0, "cpu", 2 * Gib)], s_start);
        Assert.Equal("other", Assert.Single(model.Grant(s_start)).Entry.JobId);
        var restored = new SchedulerModel(model.ToState(), s_term, s_start);
        restored.Announce("b", [new SlotAnnouncement(1, "cpu", 2 * Gib)], s_start);
        restored.Enqueue(Entry("later", "ann") with { Profile = "sd/512" });
        Assert.Equal("Waits for memory: needs 3 GiB on cpu, where the largest slot has 2 GiB.", Why(restored, "later"));
        Assert.Empty(restored.Grant(s_start));
    }

    [Fact]
    public void Learn_OnAGpu_SaysNothingOfTheProcessor()
    {
        var model = Model(("a", "cuda:0", 80 * Gib));
        model.Enqueue(Entry("first", "ann") with { Profile = "sd/512" });
        model.Grant(s_start);
        Assert.True(model.RecordMemory("first", 20 * Gib, s_start));
        model.Announce("b", [new SlotAnnouncement(0, "cpu", 8 * Gib), new SlotAnnouncement(1, "cuda:0", 16 * Gib)], s_start);
        model.Enqueue(Entry("alike", "ann") with { Profile = "sd/512" });
        model.Enqueue(Entry("gpu", "ann", device: "cuda") with { Profile = "sd/512" });
        Assert.Equal(
            ("alike", "b", 0),
            Assert.Single(model.Grant(s_start)) is { } record ? (record.Entry.JobId, record.Lease.Silo, record.Lease.Slot) : default
        );
        // Busy, and large enough.
        Assert.Equal(WaitReason.Busy, model.ReasonOf(SlotNeed.Of(model.Waiting.Find("gpu")!)));
        model.SiloLost("a");
        Assert.Equal("Waits for memory: needs 20 GiB on cuda, where the largest slot has 16 GiB.", Why(model, "gpu"));
    }

    [Theory]
    [InlineData(null, "gpu")]
    [InlineData("cuda", "gpu")]
    [InlineData("cpu", "small")]
    public void Grant_BothKindsFree_AutoPrefersTheGpuAndNamesAreObeyed(string? device, string silo)
    {
        var model = Model(("a", "cpu", 64 * Gib), ("gpu", "cuda:1", 8 * Gib));
        // A mapped model counts among slots of one kind only.
        model.Announce("small", [new SlotAnnouncement(0, "cpu", Gib) { Models = ["sd"] }], s_start);
        model.Enqueue(Entry("j", "ann", device: device) with { Model = "sd" });
        Assert.Equal(silo, Assert.Single(model.Grant(s_start)).Lease.Silo);
    }

    [Fact]
    public void Grant_CpuWantedAndOnlyGpus_WaitsAndSaysSo()
    {
        var model = Model(("a", "cuda:0", 8 * Gib));
        model.Enqueue(Entry("j", "ann", device: "cpu"));
        Assert.Empty(model.Grant(s_start));
        Assert.Equal("Waits: no slot has a cpu device.", Why(model, "j"));
    }

    [Fact]
    public void Lend_SlotsOfAnotherKind_StayFree()
    {
        var model = Model(("a", "cpu", Gib), ("b", "cuda:0", Gib), ("c", "cpu", Gib));
        model.Enqueue(Entry("j", "ann", device: "cpu"));
        Assert.True(model.Started(Assert.Single(model.Grant(s_start)).Lease with { Epoch = 1 }));
        Assert.Equal("c", Assert.Single(model.Lend("j", 1, 5, [], s_start)).Silo);
    }

    [Fact]
    public void Snapshot_WaitingJobs_TellWhyNoSlotWillDo()
    {
        var model = Model(("a", "cpu", Gib));
        model.Enqueue(Entry("large", "ann", bytes: 2 * Gib));
        model.Enqueue(Entry("small", "ann"));
        var queue = model.Snapshot().Queue.ToDictionary(entry => entry.JobId);
        Assert.Equal(
            ("Waits for memory: needs 2 GiB on cpu, where the largest slot has 1 GiB.", 2 * Gib),
            (queue["large"].Waiting, queue["large"].RequiredBytes)
        );
        Assert.Null(queue["small"].Waiting);
        // Only shown, never stored.
        Assert.Null(model.Waiting.Find("large")!.Waiting);
    }

    [Fact]
    public void Learn_MoreThanItsSlotOffers_StillFitsThatSlot()
    {
        var model = Model(("a", "cpu", 8 * Gib));
        model.Enqueue(Entry("first", "ann") with { Profile = "p" });
        model.Grant(s_start);
        Assert.True(model.RecordMemory("first", 30 * Gib, s_start));
        model.Remove("first");
        model.Enqueue(Entry("alike", "ann") with { Profile = "p" });
        Assert.Single(model.Grant(s_start));
    }

    [Fact]
    public void Learn_ManyProfiles_ForgetsTheOldest()
    {
        var profiles = new MemoryProfiles([], s_start);
        for (var i = 0; i <= MemoryProfiles.MaxProfiles; i++)
        {
            Assert.True(profiles.RecordMemory($"p{i}", "cpu", Gib, s_start));
        }
        Assert.Equal(MemoryProfiles.MaxProfiles, profiles.ToState().Length);
        Assert.Equal((0, Gib, 0), (profiles.RequiredBytes("p0", "cpu"), profiles.RequiredBytes("p1", "cpu"), profiles.RequiredBytes("p1", "cuda")));
    }

    [Fact]
    public void Learn_OneOddPeak_IsForgottenAfterAGenerationOrTwo()
    {
        var profiles = new MemoryProfiles([], s_start);
        profiles.RecordMemory("p", "cpu", 60 * Gib, s_start);
        // The generation that it is in, and the next.
        for (var job = 0; job < (2 * MemoryProfiles.Generation) - 2; job++)
        {
            profiles.RecordMemory("p", "cpu", Gib, s_start);
            Assert.Equal(60 * Gib, profiles.RequiredBytes("p", "cpu"));
        }

        var restored = new MemoryProfiles(profiles.ToState(), s_start);
        Assert.True(restored.RecordMemory("p", "cpu", Gib, s_start));
        Assert.Equal(Gib, restored.RequiredBytes("p", "cpu"));
    }

    [Fact]
    public void Learn_PeaksThatComeBack_AreRemembered()
    {
        var profiles = new MemoryProfiles([], s_start);
        for (var job = 0; job < 10 * MemoryProfiles.Generation; job++)
        {
            profiles.RecordMemory("p", "cpu", job % MemoryProfiles.Generation == 0 ? 3 * Gib : Gib, s_start);
            Assert.Equal(3 * Gib, profiles.RequiredBytes("p", "cpu"));
        }
    }

    [Fact]
    public void Expire_NobodyHasToldOfAPeakForLong_SmallSlotsTakeItsLikeAgain()
    {
        var model = Model(("a", "cpu", 64 * Gib));
        model.Enqueue(Entry("odd", "ann") with { Profile = "p" });
        model.Grant(s_start);
        Assert.True(model.RecordMemory("odd", 60 * Gib, s_start));
        model.SiloLost("a");
        model.Enqueue(Entry("alike", "ann") with { Profile = "p" });
        var before = s_start + MemoryProfiles.Lifetime - TimeSpan.FromSeconds(1);
        model.Announce("b", [new SlotAnnouncement(0, "cpu", 2 * Gib)], before);
        model.Expire(before);
        Assert.Empty(model.Grant(before));
        model.Expire(s_start + MemoryProfiles.Lifetime);
        Assert.Equal("alike", Assert.Single(model.Grant(s_start + MemoryProfiles.Lifetime)).Entry.JobId);
    }

    [Fact]
    public void State_ProfilesWithoutATime_AreAsIfToldOfNow()
    {
        var profiles = new MemoryProfiles([new MemoryProfile("p", Gib)], s_start);
        profiles.Fade(s_start + MemoryProfiles.Lifetime - TimeSpan.FromSeconds(1));
        Assert.Equal(Gib, profiles.RequiredBytes("p", "cpu"));
        profiles.Fade(s_start + MemoryProfiles.Lifetime);
        Assert.Equal(0, profiles.RequiredBytes("p", "cpu"));
    }

    [Fact]
    public void Grant_JobThatASiloFailed_GoesToAnotherOneOrWaitsForIt()
    {
        var model = Model(("a", "cpu", Gib), ("b", "cpu", Gib));
        model.Enqueue(Entry("busy", "bob") with { Avoid = "a" });
        Assert.Equal("b", Assert.Single(model.Grant(s_start)).Lease.Silo);
        model.Enqueue(Entry("j", "ann") with { Avoid = "a" });
        // A free slot is not enough, and nobody else is kept from it.
        Assert.Empty(model.Grant(s_start));
        Assert.Equal("Waits for a free slot.", Why(model, "j"));
        model.Enqueue(Entry("other", "ann"));
        Assert.Equal(("other", "a"), Assert.Single(model.Grant(s_start)) is { } record ? (record.Entry.JobId, record.Lease.Silo) : default);
        model.Remove("other");
        model.Remove("busy");
        Assert.Equal("b", Assert.Single(model.Grant(s_start)).Lease.Silo);
    }

    [Fact]
    public void Grant_OnlySilosThatFailedTheJobHaveWhatItNeeds_TakesOneOfThem()
    {
        var model = Model(("a", "cpu", 4 * Gib), ("b", "cpu", Gib));
        model.Enqueue(Entry("j", "ann", bytes: 2 * Gib) with { Avoid = "a" });
        Assert.Equal("a", Assert.Single(model.Grant(s_start)).Lease.Silo);
        model.Enqueue(Entry("k", "ann") with { Avoid = "a b" });
        Assert.Equal("b", Assert.Single(model.Grant(s_start)).Lease.Silo);
    }

    [Fact]
    public void Announce_SilosThatTakeNoJobs_GetNoneAndSayWhy()
    {
        var model = Model(("gpu", "cuda:0", Gib));
        foreach (var silo in (string[])["a", "b", "c", "d", "e"])
        {
            model.Announce(silo, [new SlotAnnouncement(0, "cpu", 2 * Gib)], s_start, $"its disk /{silo} has 120 MiB free (needs 1 GiB)");
        }
        model.Enqueue(Entry("j", "ann", device: "cpu"));
        model.Enqueue(Entry("large", "ann", bytes: 3 * Gib, device: "cpu"));
        Assert.Empty(model.Grant(s_start));
        Assert.Equal(
            "Silo a takes no jobs: its disk /a has 120 MiB free (needs 1 GiB). Silo b takes no jobs: its disk /b has 120 MiB free (needs 1 GiB). "
                + "Silo c takes no jobs: its disk /c has 120 MiB free (needs 1 GiB). Nor do 2 more.",
            Why(model, "j")
        );
        Assert.Equal("Waits for memory: needs 3 GiB on cpu, where the largest slot has 2 GiB.", Why(model, "large"));
        Assert.Equal(
            ("its disk /a has 120 MiB free (needs 1 GiB)", 5, 6),
            (model.Snapshot().Withheld["a"], model.Snapshot().Withheld.Count, model.Snapshot().Slots.Count)
        );
        model.Announce("a", [new SlotAnnouncement(0, "cpu", 2 * Gib)], s_start);
        Assert.Equal(("j", "a"), Assert.Single(model.Grant(s_start)) is { } record ? (record.Entry.JobId, record.Lease.Silo) : default);
        Assert.Equal(4, model.Snapshot().Withheld.Count);
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
        Assert.Equal("Waits for memory: needs 1.5 GiB on cuda, where the largest slot has 1 GiB.", Why(model, "g"));
    }

    [Fact]
    public void Notices_OnlyChangedReasons_AFewAtATime()
    {
        var (model, notices) = ThreeThatWait();
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
    public void Notices_OfAJobThatHasJustCome_NeedNotWaitForTheOthers()
    {
        var (model, notices) = ThreeThatWait();
        Assert.Null(notices.TakeOf("j2", settled: false));
        Assert.Null(model.Snapshot(settled: false).Queue[0].Waiting);
        Assert.Equal("No silo offers a slot: start one with oneshot serve.", model.Snapshot().Queue[0].Waiting);
        Assert.Equal("No silo offers a slot: start one with oneshot serve.", notices.TakeOf("j2", settled: true));
        Assert.Null(notices.TakeOf("j2", settled: true));
        Assert.Null(notices.TakeOf("nobody", settled: true));
        Assert.Equal(["j0", "j1"], notices.Take(settled: true, 10).Select(notice => notice.JobId));
        model.Announce("a", [new SlotAnnouncement(0, "cpu", Gib)], s_start);
        Assert.Null(notices.TakeOf("j2", settled: true));
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
        Assert.Equal(
            (ErrorCodes.Limit, "ann has 2 jobs in the queue, the most for an owner; try again in 60 s.", "owner"),
            (error.Code, error.Message, error.Field)
        );
        admission.Admit(queue, "j3", "bob", s_start);
        for (var i = 0; i < 5; i++)
        {
            admission.Started(s_start.AddSeconds(i * 3));
        }
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

    /// <summary>j0 to j2, and no silo.</summary>
    private static (SchedulerModel Model, WaitNotices Notices) ThreeThatWait()
    {
        var model = Model();
        var notices = new WaitNotices(model);
        model.Entered = row => notices.Entered(row.Entry);
        model.Left = notices.Left;
        for (var i = 0; i < 3; i++)
        {
            model.Enqueue(Entry($"j{i}", "ann"));
        }
        return (model, notices);
    }

    private static string Why(SchedulerModel model, string job)
    {
        var entry = model.Waiting.Find(job)!;
        return model.Describe(entry, model.ReasonOf(SlotNeed.Of(entry)));
    }

    private static long Required(SchedulerModel model, string job) => model.Snapshot().Queue.Single(entry => entry.JobId == job).RequiredBytes;

    private static SchedulerModel Model(params (string Silo, string Device, long Bytes)[] slots)
    {
        var model = new SchedulerModel(new SchedulerState(), s_term, s_start);
        foreach (var (silo, device, bytes) in slots)
        {
            model.Announce(silo, [new SlotAnnouncement(0, device, bytes)], s_start);
        }
        return model;
    }

    private static QueueEntry Entry(string job, string owner, long bytes = 0, string? device = null) =>
        new(job, owner, 0, s_start, RequiredBytes: bytes, Device: device);
}
