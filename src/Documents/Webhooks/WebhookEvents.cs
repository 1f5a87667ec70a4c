using System.Collections.Immutable;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>What webhooks can be told.</summary>
public static class WebhookEvents
{
    /// <summary>An implantation's result is published.</summary>
    public const string Succeeded = "implantation.succeeded";

    /// <summary>An implantation has ended with an error.</summary>
    public const string Failed = "implantation.failed";

    /// <summary>An implantation was ended by its owner.</summary>
    public const string Cancelled = "implantation.cancelled";

    /// <summary>A generation's pictures are published.</summary>
    public const string GenerationSucceeded = "generation.succeeded";

    /// <summary>A generation has ended with an error.</summary>
    public const string GenerationFailed = "generation.failed";

    /// <summary>A generation was ended by its owner.</summary>
    public const string GenerationCancelled = "generation.cancelled";

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [Succeeded, Failed, Cancelled, GenerationSucceeded, GenerationFailed, GenerationCancelled];

    /// <summary>The event that a job's state is.</summary>
    /// <param name="kind">What the job makes.</param>
    /// <param name="state">The state.</param>
    /// <returns>Its name; null for states in which a job has not ended.</returns>
    public static string? Of(JobKind kind, JobState state) =>
        (kind, state) switch
        {
            (JobKind.Implantation, JobState.Succeeded) => Succeeded,
            (JobKind.Implantation, JobState.Failed) => Failed,
            (JobKind.Implantation, JobState.Cancelled) => Cancelled,
            (JobKind.Generation, JobState.Succeeded) => GenerationSucceeded,
            (JobKind.Generation, JobState.Failed) => GenerationFailed,
            (JobKind.Generation, JobState.Cancelled) => GenerationCancelled,
            _ => null,
        };
}
