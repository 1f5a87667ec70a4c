using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>All that is known of a generation: what is told of an implantation, without metrics.</summary>
public sealed record GenerationStatus : IJobStatus
{
    /// <summary>The job's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [FieldNumber(1)]
    public required JobState State { get; init; }

    /// <summary>What was asked for.</summary>
    [FieldNumber(2)]
    public required GenerationRequest Request { get; init; }

    /// <summary>How often the job was started or resumed; files of older epochs are never referenced.</summary>
    [FieldNumber(3)]
    public long Epoch { get; init; }

    /// <summary>Denoising steps done, of all pictures together; pictures that share a batch share its steps.</summary>
    [FieldNumber(4)]
    public int Step { get; init; }

    /// <summary>Denoising steps to do; 0 until the model's defaults are known.</summary>
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

    /// <summary>Seconds that slots worked for the job, all epochs together.</summary>
    [FieldNumber(13)]
    public double Seconds { get; init; }

    /// <summary>Sequence number of the newest progress event.</summary>
    [FieldNumber(14)]
    public long LastSequence { get; init; }

    /// <summary>The published manifest, whose hash everything else is read by; null until the job has succeeded.</summary>
    [FieldNumber(15)]
    public JobFile? Manifest { get; init; }

    /// <inheritdoc/>
    IJobRequest IJobStatus.Request => Request;
}
