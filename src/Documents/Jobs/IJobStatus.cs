using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>What is known of every job, be it an implantation or a generation.</summary>
public interface IJobStatus
{
    /// <summary>The job's id.</summary>
    string Id { get; }

    /// <summary>The state.</summary>
    JobState State { get; }

    /// <summary>What was asked for.</summary>
    IJobRequest Request { get; }

    /// <summary>How often the job was started or resumed.</summary>
    long Epoch { get; }

    /// <summary>Steps done.</summary>
    int Step { get; }

    /// <summary>Steps to do; 0 until they are known.</summary>
    int Steps { get; }

    /// <summary>When it was submitted, UTC.</summary>
    DateTimeOffset Created { get; }

    /// <summary>When it first got a slot, UTC.</summary>
    DateTimeOffset? Started { get; }

    /// <summary>When it ended, UTC.</summary>
    DateTimeOffset? Finished { get; }

    /// <summary>Why it waits, in words; null when it does not.</summary>
    string? Waiting { get; }

    /// <summary>Why it failed; null: it has not.</summary>
    ErrorDetail? Error { get; }

    /// <summary>What the user should know, each one sentence.</summary>
    ImmutableArray<string> Warnings { get; }

    /// <summary>The published files; empty until the job has succeeded.</summary>
    ImmutableArray<JobFile> Files { get; }

    /// <summary>Seconds that slots worked for the job.</summary>
    double Seconds { get; }

    /// <summary>Its place in the queue, 1 for the next to start; null: it does not wait, or its kind of job does not tell.</summary>
    int? QueuePosition => null;

    /// <summary>Sequence number of the newest progress event.</summary>
    long LastSequence { get; }

    /// <summary>The published manifest; null until the job has succeeded.</summary>
    JobFile? Manifest { get; }
}
