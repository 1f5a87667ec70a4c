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

    /// <summary>All of them.</summary>
    public static ImmutableArray<string> All { get; } = [Succeeded, Failed, Cancelled];

    /// <summary>The event that a job's state is.</summary>
    /// <param name="state">The state.</param>
    /// <returns>Its name; null for states in which a job has not ended.</returns>
    public static string? Of(JobState state) =>
        state switch
        {
            JobState.Succeeded => Succeeded,
            JobState.Failed => Failed,
            JobState.Cancelled => Cancelled,
            _ => null,
        };
}
