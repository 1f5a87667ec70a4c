using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What a job must remember: a few kilobytes, written when its state changes and at checkpoints. The progress log lies in the store.</summary>
[GenerateSerializer, Alias("oneshot.ImplantationState")]
internal sealed record ImplantationState
{
    [Id(0)]
    public ImplantationRequest? Request { get; init; }

    [Id(1)]
    public JobState State { get; init; }

    /// <summary>Raised at every start: the fence against trainers that were replaced.</summary>
    [Id(2)]
    public long Epoch { get; init; }

    /// <summary>The slot that works for the job, or still stops working for it; null: nobody does.</summary>
    [Id(3)]
    public SlotLease? Lease { get; init; }

    [Id(4)]
    public CheckpointReference? Checkpoint { get; init; }

    [Id(5)]
    public DateTimeOffset Created { get; init; }

    [Id(6)]
    public DateTimeOffset? Started { get; init; }

    [Id(7)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>When the present epoch began.</summary>
    [Id(8)]
    public DateTimeOffset? EpochStarted { get; init; }

    /// <summary>Training steps done, as of the last write.</summary>
    [Id(9)]
    public int Step { get; init; }

    [Id(10)]
    public int Steps { get; init; }

    /// <summary>Seconds that slots worked in ended epochs.</summary>
    [Id(11)]
    public double Seconds { get; init; }

    [Id(12)]
    public ErrorDetail? Error { get; init; }

    [Id(13)]
    public ImmutableArray<string> Warnings { get; init; } = [];

    [Id(14)]
    public ImmutableArray<JobFile> Files { get; init; } = [];

    [Id(15)]
    public JobMetrics? Metrics { get; init; }

    /// <summary>Queued, but in no queue: given back by a process that ended; waits for one that resumes.</summary>
    [Id(16)]
    public bool Parked { get; init; }

    /// <summary>Cancelled while publishing: whether in time, the manifest tells.</summary>
    [Id(17)]
    public bool CancelRequested { get; init; }

    /// <summary>Whether any epoch was ever allowed to publish, so that result files may exist.</summary>
    [Id(18)]
    public bool PublishBegun { get; init; }

    /// <summary>How often a process died since the last new checkpoint.</summary>
    [Id(19)]
    public int Deaths { get; init; }

    /// <summary>One sentence a death or outage.</summary>
    [Id(20)]
    public ImmutableArray<string> History { get; init; } = [];

    /// <summary>Since when it waits in the queue.</summary>
    [Id(21)]
    public DateTimeOffset? QueuedAt { get; init; }

    /// <summary>The epoch whose result the job has taken; null: none. Once set it stays, no other epoch starts, and the manifest follows from it.</summary>
    [Id(22)]
    public long? Published { get; init; }

    /// <summary>How often a store was out of reach for too long since the last new checkpoint.</summary>
    [Id(23)]
    public int Outages { get; init; }

    /// <summary>The checkpoint before <see cref="Checkpoint"/>, for when that one is damaged or lost; null: none.</summary>
    [Id(24)]
    public CheckpointReference? Previous { get; init; }

    /// <summary>
    /// What the job's weights depend on and its first epoch has found out; null: nothing is settled yet, or an earlier version settled it in its checkpoints
    /// alone.
    /// </summary>
    [Id(25)]
    public SettledRun? Settled { get; init; }

    /// <summary>The highest step of which there ever was a checkpoint.</summary>
    [Id(26)]
    public int Reached { get; init; }

    /// <summary>
    /// The manifest of the epoch that was taken, from then until the job has ended: what is published does not depend on what the store still has.
    /// </summary>
    [Id(27)]
    public byte[]? ManifestBytes { get; init; }

    /// <summary>Length and hash of the published manifest.</summary>
    [Id(28)]
    public JobFile? Manifest { get; init; }

    /// <summary>Machines that failed the job since the last new checkpoint, one entry a fault.</summary>
    [Id(30)]
    public ImmutableArray<SiloFault> Faults { get; init; } = [];

    /// <summary>How long stores were out of reach since the last new checkpoint, as outages count.</summary>
    [Id(31)]
    public TimeSpan OutageTime { get; init; }

    /// <summary>Whether all of the owner's webhooks know of the job's end; false also where there was none to tell.</summary>
    [Id(32)]
    public bool WebhooksTold { get; init; }

    /// <summary>How often the job was run again after it had failed or was cancelled.</summary>
    [Id(33)]
    public int Retries { get; init; }

    /// <summary>What was asked for, where the job is a generation; <see cref="Request"/> is null then.</summary>
    [Id(34)]
    public GenerationRequest? Generation { get; init; }

    /// <summary>The implantations of a generation, in the order in which it names them.</summary>
    [Id(35)]
    public ImmutableArray<GenerationSource> Sources { get; init; } = [];

    /// <summary>The trace that it belongs to, as W3C's traceparent; null: an earlier version accepted it.</summary>
    [Id(36)]
    public string? Trace { get; init; }

    /// <summary>What was asked for. (No property: nothing of it is stored.)</summary>
    /// <returns>The request, of either kind; null: there is no such job.</returns>
    public IJobRequest? Asked() => (IJobRequest?)Request ?? Generation;
}

/// <summary>A machine failed a job.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="What">A clause that says when and how.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SiloFault")]
internal sealed record SiloFault([property: Id(0)] string Silo, [property: Id(1)] string What);
