using System.Collections.Immutable;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Contracts.Jobs;

/// <summary>All that is known of a job.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ImplantationStatus")]
public sealed record ImplantationStatus
{
    /// <summary>The job's id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The state.</summary>
    [Id(1)]
    public required JobState State { get; init; }

    /// <summary>What was asked for.</summary>
    [Id(2)]
    public required ImplantationRequest Request { get; init; }

    /// <summary>How often the job was started or resumed; files of older epochs are never referenced.</summary>
    [Id(3)]
    public long Epoch { get; init; }

    /// <summary>Steps done.</summary>
    [Id(4)]
    public int Step { get; init; }

    /// <summary>Steps to do; 0 until the model's defaults are known.</summary>
    [Id(5)]
    public int Steps { get; init; }

    /// <summary>When it was submitted, UTC.</summary>
    [Id(6)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it first got a slot, UTC.</summary>
    [Id(7)]
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    [Id(8)]
    public DateTimeOffset? Finished { get; init; }

    /// <summary>Why it waits, in words; null when it does not.</summary>
    [Id(9)]
    public string? Waiting { get; init; }

    /// <summary>Why it failed.</summary>
    [Id(10)]
    public ErrorDetail? Error { get; init; }

    /// <summary>What the user should know, each one sentence.</summary>
    [Id(11)]
    public ImmutableArray<string> Warnings { get; init; } = [];

    /// <summary>The published files; empty until the job has succeeded.</summary>
    [Id(12)]
    public ImmutableArray<JobFile> Files { get; init; } = [];

    /// <summary>The measured quality; null until the job has succeeded.</summary>
    [Id(13)]
    public JobMetrics? Metrics { get; init; }

    /// <summary>Seconds that slots worked for the job, all epochs together.</summary>
    [Id(14)]
    public double Seconds { get; init; }

    /// <summary>Sequence number of the newest progress event.</summary>
    [Id(15)]
    public long LastSequence { get; init; }

    /// <summary>
    /// The published manifest, whose hash everything else is read by; null until the job has succeeded, and for jobs that an earlier version finished.
    /// </summary>
    [Id(16)]
    public JobFile? Manifest { get; init; }
}
