using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Silo.Recovery;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>implant</c> and <c>jobs show</c> say of a job.</summary>
internal sealed record JobDocument
{
    public required string Id { get; init; }

    /// <summary>What kind of job it is; left out for implantations.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public JobKind Kind { get; init; }

    public required JobState State { get; init; }

    /// <summary>The folder that <see cref="Files"/> are relative to; null while nothing is published.</summary>
    public string? Out { get; init; }

    public required double Seconds { get; init; }

    public required int Steps { get; init; }

    public required long Epoch { get; init; }

    public required IReadOnlyList<JobFile> Files { get; init; }

    public JobMetrics? Metrics { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>When it was submitted, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it first got a slot, UTC; null before.</summary>
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC; null before.</summary>
    public DateTimeOffset? Finished { get; init; }

    /// <summary>When it will end, UTC, by what is known now; null: it has ended, or nothing is known.</summary>
    public DateTimeOffset? EstimatedFinish { get; init; }

    /// <summary>Its place in the queue, 1 for the next; null: it does not wait.</summary>
    public int? QueuePosition { get; init; }

    /// <summary>Why it waits; null when it does not.</summary>
    public string? WaitingReason { get; init; }

    /// <summary>Whose job it is.</summary>
    public required string Owner { get; init; }

    /// <summary>Its priority among its owner's jobs.</summary>
    public int Priority { get; init; }

    /// <summary>What its owner wants to find it by.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Why it failed; left out otherwise.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ErrorDetail? Error { get; init; }

    /// <summary>Describes a job.</summary>
    /// <param name="status">The job.</param>
    /// <param name="folder">Where its files lie, if they do.</param>
    /// <returns>The document.</returns>
    public static JobDocument Of(IJobStatus status, string? folder)
    {
        var trained = status as ImplantationStatus;
        return new JobDocument
        {
            Id = status.Id,
            Kind = status.Kind(),
            State = status.State,
            Out = folder,
            Seconds = Math.Round(status.Seconds, 3),
            Steps = status.Steps,
            Epoch = status.Epoch,
            Files = status.Files,
            Metrics = trained?.Metrics,
            Warnings = status.Warnings,
            Created = status.Created,
            Started = status.Started,
            Finished = status.Finished,
            EstimatedFinish = trained?.EstimatedFinish,
            QueuePosition = status.QueuePosition,
            WaitingReason = status.Waiting,
            Owner = status.Request.Owner,
            Priority = status.Request.Priority,
            Metadata = status.Request.Metadata,
            Error = status.Error,
        };
    }
}

/// <summary>Kinds of jobs.</summary>
internal static class JobKinds
{
    /// <summary>The kind of a job.</summary>
    /// <param name="status">The job.</param>
    public static JobKind Kind(this IJobStatus status) => status is GenerationStatus ? JobKind.Generation : JobKind.Implantation;
}

/// <summary>A page of jobs.</summary>
/// <param name="Jobs">The jobs, newest first.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
internal sealed record JobListDocument(IReadOnlyList<JobSummary> Jobs, string? Next);

/// <summary>A line of <c>jobs watch</c>.</summary>
internal sealed record EventDocument(
    long Seq,
    DateTimeOffset Time,
    JobState Stage,
    int Step,
    int Steps,
    TermLosses? Losses,
    long Epoch,
    ImmutableArray<TermLoss> Terms
)
{
    /// <summary>Describes an event.</summary>
    /// <param name="progress">The event.</param>
    /// <returns>The document.</returns>
    public static EventDocument Of(ProgressEvent progress) =>
        new(progress.Sequence, progress.Time, progress.Stage, progress.Step, progress.Steps, progress.Losses, progress.Epoch, progress.Terms);
}

/// <summary>What <c>jobs collect</c> removed, or would remove.</summary>
/// <param name="DryRun">Whether nothing was removed.</param>
/// <param name="Blobs">Inputs that no job refers to.</param>
/// <param name="Files">What ended jobs have left behind.</param>
/// <param name="Bytes">Bytes of all of them.</param>
/// <param name="Models">Manifests and files of models that no job names and nobody has used for long.</param>
/// <param name="Unlisted">Finished jobs of the store that are not listed: while there are any, nothing is removed.</param>
/// <param name="Marks">Number of marks of uploads that are as old as inputs may be without a job: their owners no longer see those inputs.</param>
internal sealed record CollectionDocument(
    bool DryRun,
    IReadOnlyList<string> Blobs,
    IReadOnlyList<string> Files,
    long Bytes,
    IReadOnlyList<string> Models,
    int Unlisted,
    int Marks
);

/// <summary>What <c>jobs recover</c> did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Recovered">Ids of jobs that are listed again.</param>
/// <param name="Known">Number of jobs that were listed already.</param>
/// <param name="Unfinished">Ids of jobs that had no result yet, and can't be recovered.</param>
/// <param name="Failed">Jobs whose results are damaged.</param>
/// <param name="Lost">Ids of jobs that are listed as succeeded, and of whose results the store holds nothing.</param>
internal sealed record RecoveryDocument(
    bool DryRun,
    IReadOnlyList<string> Recovered,
    int Known,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<FailedRecovery> Failed,
    IReadOnlyList<string> Lost
);
