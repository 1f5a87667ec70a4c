using System.Collections.Immutable;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Grains.Hosting;

/// <summary>What a silo does with jobs.</summary>
public sealed class OneShotGrainsOptions
{
    /// <summary>The slots that this silo offers; empty (the default): it never trains.</summary>
    public ImmutableArray<SlotAnnouncement> Slots { get; set; } = [];

    /// <summary>Whether unfinished jobs that nobody works for are queued again when the silo starts. Default: no.</summary>
    public bool ResumeOnStart { get; set; }

    /// <summary>
    /// Whether jobs that a stopping silo gives back are queued at once, for another silo; otherwise they wait for the next process with
    /// <see cref="ResumeOnStart"/>. Default: no.
    /// </summary>
    public bool RequeueOnStop { get; set; }

    /// <summary>
    /// How long a silo of a drained cluster waits for its own jobs and those of others to stop, before it leaves all the same. Default: 2 minutes.
    /// </summary>
    public TimeSpan LongestDrain { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a silo with slots may have nothing to do before it leaves; null (the default): for ever.</summary>
    public TimeSpan? ExitWhenIdle { get; set; }

    /// <summary>Folder for the engines' work, on a local disk. Default: <c>oneshot-work</c> in the system's folder for temporary files.</summary>
    public string WorkFolder { get; set; } = Path.Combine(Path.GetTempPath(), "oneshot-work");

    /// <summary>Time between two announcements of this silo's slots. Default: 10 s.</summary>
    public TimeSpan HeartbeatPeriod { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a silo may stay silent before its leases lapse; at least twice the heartbeat. Default: 60 s.</summary>
    public TimeSpan LeaseDuration { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between two looks of the scheduler at lapsed leases and failed starts. Default: 5 s.</summary>
    public TimeSpan SchedulerPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Most waiting jobs of an owner; more are refused. Default: 1,000.</summary>
    public int MaxQueuedPerOwner { get; set; } = 1000;

    /// <summary>Most waiting jobs of all owners; more are refused. Default: 100,000.</summary>
    public int MaxQueued { get; set; } = 100_000;

    /// <summary>
    /// Whether a job waits for a slot that has the kind of device that it names, and the memory that its like were seen to take, and runs on that slot's
    /// device; otherwise it takes any slot, whose engine goes by the request alone and says what it lacks. Default: no.
    /// </summary>
    public bool WaitForDevice { get; set; }

    /// <summary>
    /// Time between two looks of the scheduler, by a durable reminder, at whether the silos of its leases still live; at least a minute unless Orleans is told
    /// otherwise. Membership tells of a lost silo at once; this is for the event that nobody heard. Default: 1 minute.
    /// </summary>
    public TimeSpan BackstopPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Times that a job's process may die without a new checkpoint before the job fails. Default: 3.</summary>
    public int MaxDeaths { get; set; } = 3;

    /// <summary>
    /// Different silos whose machines must have failed a job, without a new checkpoint in between, before the job fails. 1 (the default): this silo is all
    /// there is, so its jobs fail at its first fault, and it is never kept back.
    /// </summary>
    public int MaxFaultySilos { get; set; } = 1;

    /// <summary>
    /// Times that machines may fail a job, without a new checkpoint in between, before the job fails although no other silo has tried it: there may be none.
    /// Default: 3.
    /// </summary>
    public int MaxMachineFaults { get; set; } = 3;

    /// <summary>Bytes that must be free on the disk of <see cref="WorkFolder"/> for the silo to take jobs; 0 (the default): none.</summary>
    public long MinFreeBytes { get; set; }

    /// <summary>Pause before the self-test of a silo whose machine failed a job; the next ones double. Default: 1 s.</summary>
    public TimeSpan QuarantinePause { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest pause between two self-tests. Default: 5 minutes.</summary>
    public TimeSpan LongestQuarantinePause { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// How long a job answers those who ask from its memory, before it looks whether the stored state is still the one that it knows. Default: 5 s.
    /// </summary>
    public TimeSpan StateTrust { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Times, a second apart, that a job is asked whether it has started, before its slot is taken from it and it is told so until it answers. Default: 20.
    /// </summary>
    public int MaxUnansweredStarts { get; set; } = 20;

    /// <summary>
    /// How many times <see cref="StoreOutageLimit"/> stores may be away for a job without a new checkpoint before it fails. An outage counts as long as it
    /// lasted, a tenth of the limit at least. Default: 6, which is an hour.
    /// </summary>
    public int MaxOutages { get; set; } = 6;

    /// <summary>How long a trainer waits for a store or a job that is out of reach, before it gives its job back to the queue. Default: 10 minutes.</summary>
    public TimeSpan StoreOutageLimit { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Time between two collections of what no job needs any more. Default: a day.</summary>
    public TimeSpan CollectionPeriod { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long an input that no job refers to is kept: it is uploaded before its job is submitted. Default: 24 h.</summary>
    public TimeSpan CollectionGrace { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Most bytes that an owner's uploads may have together; those that have not been used for <see cref="CollectionGrace"/> don't count. Default: 64 GiB.
    /// </summary>
    public long MaxUploadedBytesPerOwner { get; set; } = 64L << 30;

    /// <summary>Most uploads of an owner that may be under way at once. Default: 32.</summary>
    public int MaxUploadsPerOwner { get; set; } = 32;

    /// <summary>
    /// Hosts that webhooks may call besides those of the Internet, also by plain http: addresses, networks such as 10.0.0.0/8, and names. All silos of a
    /// cluster should agree: any of them may call. Default: none.
    /// </summary>
    public ImmutableArray<string> WebhookAllow { get; set; } = [];

    /// <summary>
    /// How long a model of the store that no job refers to is kept after its last use. All silos of a cluster should agree: any of them may collect. Default:
    /// 30 days.
    /// </summary>
    public TimeSpan ModelGrace { get; set; } = TimeSpan.FromDays(30);

    /// <summary>
    /// Names of base models that metrics name; all others are counted as "other", since users name models as they like. Default: the shipped default model.
    /// </summary>
    public ImmutableArray<string> MetricModels { get; set; } = [Defaults.Model];

    /// <summary>How long a worker keeps a job's model loaded without hearing from the job's own slot. Default: 5 minutes.</summary>
    public TimeSpan FanOutIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>A worker is never called late before this time, however fast it answered before. Default: 2 s.</summary>
    public TimeSpan FanOutMinDeadline { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Least time for the first answer of a worker, which warms up; at least <see cref="FanOutMinDeadline"/>. Default: 60 s.</summary>
    public TimeSpan FanOutFirstDeadline { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time between two tries to borrow slots that a job lacks. Default: 15 s.</summary>
    public TimeSpan FanOutRetryPeriod { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The device that a job on a slot is bound to.</summary>
    /// <param name="slot">The slot's number.</param>
    /// <returns>Its device; null: the job's request alone says which.</returns>
    internal string? DeviceOf(int slot) => WaitForDevice ? Slots.FirstOrDefault(own => own.Slot == slot)?.Device : null;

    /// <summary>The hosts that webhooks may call.</summary>
    internal ReachableHosts WebhookHosts => ReachableHosts.TryParse(WebhookAllow, out var hosts, out _) ? hosts : ReachableHosts.Internet;

    /// <summary>The clock of jobs and leases (Orleans' own timers keep theirs). Default: the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;
}
