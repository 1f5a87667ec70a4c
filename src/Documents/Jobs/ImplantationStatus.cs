using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>All that is known of a job.</summary>
public sealed record ImplantationStatus : IJobStatus
{
    /// <summary>The job's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [FieldNumber(1)]
    public required JobState State { get; init; }

    /// <summary>What was asked for.</summary>
    [FieldNumber(2)]
    public required ImplantationRequest Request { get; init; }

    /// <summary>How often the job was started or resumed; files of older epochs are never referenced.</summary>
    [FieldNumber(3)]
    public long Epoch { get; init; }

    /// <summary>Steps done.</summary>
    [FieldNumber(4)]
    public int Step { get; init; }

    /// <summary>Steps to do; 0 until the model's defaults are known.</summary>
    [FieldNumber(5)]
    public int Steps { get; init; }

    /// <summary>When it was submitted, UTC.</summary>
    [FieldNumber(6)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it first got a slot, UTC.</summary>
    [FieldNumber(7)]
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    [FieldNumber(8)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it waits, in words; null when it does not.</summary>
    [FieldNumber(9), JsonPropertyName("waiting_reason")]
    public string? Waiting { get; init; }

    /// <summary>Why it failed.</summary>
    [FieldNumber(10)]
    public ErrorDetail? Error { get; init; }

    /// <summary>What the user should know, each one sentence.</summary>
    [FieldNumber(11)]
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The published files; empty until the job has succeeded.</summary>
    [FieldNumber(12)]
    public ImmutableArray<JobFile> Files { get; init; } = [];

    /// <summary>The measured quality; null until the job has succeeded.</summary>
    [FieldNumber(13)]
    public JobMetrics? Metrics { get; init; }

    /// <summary>Seconds that slots worked for the job, all epochs together.</summary>
    [FieldNumber(14)]
    public double Seconds { get; init; }

    /// <summary>Sequence number of the newest progress event.</summary>
    [FieldNumber(15)]
    public long LastSequence { get; init; }

    /// <summary>
    /// The published manifest, whose hash everything else is read by; null until the job has succeeded, and for jobs that an earlier version finished.
    /// </summary>
    [FieldNumber(16)]
    public JobFile? Manifest { get; init; }

    /// <summary>How often it was run again after it had failed or was cancelled.</summary>
    [FieldNumber(17)]
    public int Retries { get; init; }

    /// <summary>Its place in the queue, 1 for the next to start; null: it does not wait, or no slot will do for it as things are.</summary>
    [FieldNumber(18)]
    public int? QueuePosition { get; init; }

    /// <summary>
    /// When it will end, UTC: by the steps that it has made of late, and by what the latest jobs of its kind took; null: it has ended, or nothing is known. An
    /// estimate, which moves.
    /// </summary>
    [FieldNumber(19)]
    public DateTimeOffset? EstimatedFinish { get; init; }

    /// <inheritdoc/>
    IJobRequest IJobStatus.Request => Request;
}

/// <summary>A published file.</summary>
/// <param name="Path">Path relative to the result, with '/'.</param>
/// <param name="Bytes">Length in bytes.</param>
/// <param name="Sha256">SHA-256 of its bytes, lower-case hexadecimal.</param>
public sealed record JobFile([property: FieldNumber(0)] string Path, [property: FieldNumber(1)] long Bytes, [property: FieldNumber(2)] string Sha256);
