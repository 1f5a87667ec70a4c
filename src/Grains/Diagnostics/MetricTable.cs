using System.Collections.Immutable;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>
/// Every instrument of the meter <see cref="OneShotInstruments.MeterName"/>: the one place that instruments, docs/METRICS.md, dashboards and alerts come from.
/// Names are a contract with other people's dashboards.
/// </summary>
public static class MetricTable
{
    private const string Every = "every silo";
    private const string Job = "the silo that the job's grain lives on";
    private const string Scheduler = "the silo that the scheduler lives on";
    private const string Trainer = "the silo that trains";

    private static readonly MetricLabel s_model = new("model", "a shipped model's name, one of `ONESHOT_METRIC_MODELS`, or `other`");
    private static readonly MetricLabel s_device = new("device", "`cpu` or `cuda:N`");
    private static readonly ImmutableArray<MetricLabel> s_ended =
    [
        new("outcome", "`succeeded`, `failed`, `cancelled`"),
        s_model,
        new("error_type", "the error's code, such as `invalid_input`; `none` without an error"),
    ];

    private static readonly ImmutableArray<MetricLabel> s_steps = [s_model, new("phase", "`training`; `sampling` where a step of drawing is timed")];
    private static readonly ImmutableArray<double> s_cosines = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

    private static readonly MetricLabel s_requeued = new(
        "reason",
        "`restart`, `backstop`, `silo_lost`, `lease_expired`, `lease_over`, `no_answer`, `drained`, `outage`, `machine`, `retry`, `other`"
    );

    private static readonly ImmutableArray<MetricLabel> s_artifacts =
    [
        new("operation", "`read`, `write`, `append`, `info`, `list`, `touch`, `show`, `delete`"),
        new("store", "`files` or `azure`"),
        new("outcome", "`ok`, `not_found`, `exists`, `changed`, `unreachable`, `denied`, `refused`, `error`, `cancelled`"),
    ];

    /// <summary>Version of the program.</summary>
    public static MetricDefinition BuildInfo { get; } =
        new("oneshot.build.info", MetricKind.Gauge, null, "1; its labels say which build runs.", Every)
        {
            Labels = [new("version", "the program's version"), new("contract", "version of what silos say to each other")],
        };

    /// <summary>Implantations that ended.</summary>
    public static MetricDefinition Implantations { get; } =
        new("oneshot.implantations", MetricKind.Counter, "{implantation}", "Implantations that ended.", Job) { Labels = s_ended };

    /// <summary>How long slots worked for an implantation.</summary>
    public static MetricDefinition ImplantationDuration { get; } =
        new(
            "oneshot.implantation.duration",
            MetricKind.Histogram,
            "s",
            "Time that slots worked for an implantation that ended, all its epochs together; of those that had a slot.",
            Job
        )
        {
            Labels = s_ended,
            Buckets = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400],
        };

    /// <summary>Generations that ended.</summary>
    public static MetricDefinition Generations { get; } =
        new("oneshot.generations", MetricKind.Counter, "{generation}", "Generations that ended.", Job) { Labels = s_ended };

    /// <summary>Jobs at work.</summary>
    public static MetricDefinition ImplantationsActive { get; } =
        new("oneshot.implantations.active", MetricKind.Gauge, "{implantation}", "Jobs that a slot of this silo works for.", Trainer)
        {
            Labels = [new("state", "`preparing`, `training`, `sampling`, `publishing`")],
        };

    /// <summary>Waiting jobs.</summary>
    public static MetricDefinition QueueDepth { get; } =
        new("oneshot.queue.depth", MetricKind.Gauge, "{implantation}", "Jobs that wait for a slot.", Scheduler);

    /// <summary>Since when the oldest job waits.</summary>
    public static MetricDefinition QueueOldest { get; } =
        new(
            "oneshot.queue.oldest.timestamp",
            MetricKind.Gauge,
            "s",
            "When the job that has waited longest began to wait, seconds since 1970; the present time while none waits.",
            Scheduler
        );

    /// <summary>Jobs that no slot will do for.</summary>
    public static MetricDefinition QueueUnfit { get; } =
        new("oneshot.queue.unfit", MetricKind.Gauge, "{implantation}", "Waiting jobs that no slot would do for as things are.", Scheduler)
        {
            Labels = [new("reason", "`none_fits` (device or memory), `withheld` (silos with such slots take no jobs), `no_slots` (there is no slot at all)")],
        };

    /// <summary>Jobs that could start now.</summary>
    public static MetricDefinition QueueStartable { get; } =
        new(
            "oneshot.queue.startable",
            MetricKind.Gauge,
            "{implantation}",
            "Waiting jobs for which a slot that fits is free; they should start within seconds.",
            Scheduler
        );

    /// <summary>How long jobs waited.</summary>
    public static MetricDefinition QueueWait { get; } =
        new("oneshot.queue.wait.duration", MetricKind.Histogram, "s", "Time from queueing to a slot, once an epoch.", Job)
        {
            Buckets = [0.1, 1, 5, 15, 30, 60, 120, 300, 900, 1800, 3600, 14400, 43200],
        };

    /// <summary>Slots of the cluster.</summary>
    public static MetricDefinition Slots { get; } =
        new("oneshot.slots", MetricKind.Gauge, "{slot}", "Slots of the cluster.", Scheduler)
        {
            Labels = [new("state", "`free`, `leased` (works for its own job), `lent` (helps another slot's job), `withheld` (its silo takes no jobs)")],
        };

    /// <summary>Slots that would be used now.</summary>
    public static MetricDefinition SlotsWanted { get; } =
        new(
            "oneshot.slots.wanted",
            MetricKind.Gauge,
            "{slot}",
            "Leased slots and waiting jobs, without those that need other devices or more memory than any slot has: what a pool should be scaled to.",
            Scheduler
        );

    /// <summary>Time that slots worked.</summary>
    public static MetricDefinition SlotBusy { get; } =
        new("oneshot.slot.busy", MetricKind.Counter, "s", "Time that slots of this silo had a job of their own.", Trainer) { Labels = [s_device] };

    /// <summary>Steps.</summary>
    public static MetricDefinition Steps { get; } =
        new("oneshot.steps", MetricKind.Counter, "{step}", "Steps done, repeated ones included.", Trainer) { Labels = s_steps };

    /// <summary>Time of a step.</summary>
    public static MetricDefinition StepDuration { get; } =
        new("oneshot.step.duration", MetricKind.Histogram, "s", "Time of one step.", Trainer)
        {
            Labels = s_steps,
            Buckets = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
        };

    /// <summary>Losses of last steps.</summary>
    public static MetricDefinition FinalLoss { get; } =
        new("oneshot.final_loss", MetricKind.Histogram, null, "Loss of the last training step, once a job whose training came to its end.", Trainer)
        {
            Labels = [s_model, new("term", "`global`, `object`, `class`, `prior`, or `other`")],
            Buckets = [0.0001, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2],
        };

    /// <summary>Steps whose loss was no number.</summary>
    public static MetricDefinition NonFiniteSteps { get; } =
        new("oneshot.nonfinite_steps", MetricKind.Counter, "{step}", "Training steps whose loss was no number; each ends its run.", Trainer)
        {
            Labels = [s_model],
        };

    /// <summary>Quality of the prototypical embedding.</summary>
    public static MetricDefinition PrototypeSimilarity { get; } =
        Cosine("oneshot.prototype_similarity", "Cosine of the prototypical embedding and its target, once a job that succeeded.");

    /// <summary>Likeness of samples to the photo.</summary>
    public static MetricDefinition ImageAlignment { get; } =
        Cosine("oneshot.image_alignment", "Cosine of the samples and the photo's crop, once a job that succeeded and measured it.");

    /// <summary>Likeness of samples to their prompts.</summary>
    public static MetricDefinition TextAlignment { get; } =
        Cosine("oneshot.text_alignment", "Cosine of the samples and their prompts, once a job that succeeded and measured it.");

    /// <summary>Jobs queued again.</summary>
    public static MetricDefinition Resumes { get; } =
        new("oneshot.resumes", MetricKind.Counter, "{resume}", "Jobs queued again.", Job) { Labels = [s_requeued] };

    /// <summary>Steps done twice.</summary>
    public static MetricDefinition StepsRepeated { get; } =
        new(
            "oneshot.steps_repeated",
            MetricKind.Counter,
            "{step}",
            "Steps beyond the checkpoint that a queued-again job goes on from: they are done once more.",
            Job
        )
        {
            Labels = [s_requeued],
        };

    /// <summary>Leases lost.</summary>
    public static MetricDefinition LeasesLost { get; } =
        new("oneshot.leases_lost", MetricKind.Counter, "{lease}", "Leases that the scheduler took from jobs.", Scheduler)
        {
            Labels = [new("reason", "`silo_lost`, `lease_expired`, `lease_over`, `no_answer`")],
        };

    /// <summary>Time of a checkpoint.</summary>
    public static MetricDefinition CheckpointDuration { get; } =
        new("oneshot.checkpoint.duration", MetricKind.Histogram, "s", "Time to store and commit a checkpoint.", Trainer)
        {
            Buckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 600],
        };

    /// <summary>Failed tries of checkpoints.</summary>
    public static MetricDefinition CheckpointFailures { get; } =
        new("oneshot.checkpoint.failures", MetricKind.Counter, "{failure}", "Tries to store or commit a checkpoint that failed.", Trainer);

    /// <summary>Time of a drain.</summary>
    public static MetricDefinition DrainDuration { get; } =
        new("oneshot.drain.duration", MetricKind.Histogram, "s", "Time from being asked to stop to the end of the last run.", Trainer)
        {
            Buckets = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600],
        };

    /// <summary>Since when a silo drains.</summary>
    public static MetricDefinition DrainStarted { get; } =
        new(
            "oneshot.drain.started.timestamp",
            MetricKind.Gauge,
            "s",
            "When this silo was asked to stop, seconds since 1970; absent while it takes jobs.",
            Trainer
        );

    /// <summary>Time of what the store is asked for.</summary>
    public static MetricDefinition ArtifactDuration { get; } =
        new(
            "oneshot.artifact.operation.duration",
            MetricKind.Histogram,
            "s",
            "Time of one operation of the artifact store; of a read until its bytes begin to come.",
            Every
        )
        {
            Labels = s_artifacts,
            Buckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
        };

    /// <summary>Bytes to and from the store.</summary>
    public static MetricDefinition ArtifactBytes { get; } =
        new("oneshot.artifact", MetricKind.Counter, "By", "Bytes moved to and from the artifact store.", Every) { Labels = s_artifacts };

    /// <summary>Time to load a model.</summary>
    public static MetricDefinition ModelLoad { get; } =
        new("oneshot.model.load.duration", MetricKind.Histogram, "s", "Time to load a base model onto a device.", Trainer)
        {
            Labels = [s_model],
            Buckets = [0.1, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300],
        };

    /// <summary>Memory that a job took.</summary>
    public static MetricDefinition DeviceMemoryUsage { get; } =
        new("oneshot.device.memory.usage", MetricKind.Gauge, "By", "Most memory that the last job that could be measured took.", Trainer)
        {
            Labels = [s_device],
        };

    /// <summary>Memory that jobs may take.</summary>
    public static MetricDefinition DeviceMemoryLimit { get; } =
        new("oneshot.device.memory.limit", MetricKind.Gauge, "By", "Memory that this silo's slots offer to jobs, all slots of a device together.", Trainer)
        {
            Labels = [s_device],
        };

    /// <summary>What fan-out costs.</summary>
    public static MetricDefinition FanOutReduce { get; } =
        new(
            "oneshot.fanout.reduce.duration",
            MetricKind.Histogram,
            "s",
            "Time of a fanned-out step in which the job's own slot sent, waited and gathered.",
            Trainer
        )
        {
            Buckets = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5],
        };

    /// <summary>Items of dataset runs that ended.</summary>
    public static MetricDefinition DatasetItems { get; } =
        new("oneshot.dataset.items", MetricKind.Counter, "{item}", "Items of dataset runs that ended.", Job)
        {
            Labels = [new("outcome", "`succeeded`, `failed`, `cancelled`")],
        };

    /// <summary>Tries of webhooks.</summary>
    public static MetricDefinition WebhookDeliveries { get; } =
        new("oneshot.webhook.deliveries", MetricKind.Counter, "{delivery}", "Tries to deliver a webhook's message.", Job)
        {
            Labels = [new("outcome", "`delivered`, `retried` (it is tried again), `failed`")],
        };

    /// <summary>All of them, in the order of the document.</summary>
    public static ImmutableArray<MetricDefinition> All { get; } =
    [
        BuildInfo,
        Implantations,
        ImplantationDuration,
        Generations,
        ImplantationsActive,
        QueueDepth,
        QueueOldest,
        QueueUnfit,
        QueueStartable,
        QueueWait,
        Slots,
        SlotsWanted,
        SlotBusy,
        Steps,
        StepDuration,
        FinalLoss,
        NonFiniteSteps,
        PrototypeSimilarity,
        ImageAlignment,
        TextAlignment,
        Resumes,
        StepsRepeated,
        LeasesLost,
        CheckpointDuration,
        CheckpointFailures,
        DrainDuration,
        DrainStarted,
        ArtifactDuration,
        ArtifactBytes,
        ModelLoad,
        DeviceMemoryUsage,
        DeviceMemoryLimit,
        FanOutReduce,
        DatasetItems,
        WebhookDeliveries,
    ];

    private static MetricDefinition Cosine(string name, string description) =>
        new(name, MetricKind.Histogram, null, description, Job) { Labels = [s_model], Buckets = s_cosines };
}
