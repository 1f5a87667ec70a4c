using System.Text.Json.Serialization;

namespace OrleansOneShot.Bench.Queue;

/// <summary>What was measured.</summary>
internal sealed record QueueLine
{
    /// <summary>Jobs in the queue at the second look.</summary>
    [JsonPropertyName("jobs")]
    public required int Jobs { get; init; }

    /// <summary>Median of the scheduler's Enqueue with 100 jobs in the queue, in milliseconds.</summary>
    [JsonPropertyName("enqueue_ms_at_100")]
    public required double EnqueueFew { get; init; }

    /// <summary>The same with all jobs in the queue.</summary>
    [JsonPropertyName("enqueue_ms")]
    public required double EnqueueMany { get; init; }

    /// <summary>Their ratio.</summary>
    [JsonPropertyName("enqueue_ratio")]
    public double EnqueueRatio => EnqueueMany / EnqueueFew;

    /// <summary>Median of a client's whole submission with 100 jobs in the queue, in milliseconds.</summary>
    [JsonPropertyName("submit_ms_at_100")]
    public required double SubmitFew { get; init; }

    /// <summary>The same with all jobs in the queue.</summary>
    [JsonPropertyName("submit_ms")]
    public required double SubmitMany { get; init; }

    /// <summary>Their ratio.</summary>
    [JsonPropertyName("submit_ratio")]
    public double SubmitRatio => SubmitMany / SubmitFew;

    /// <summary>Submissions a second while the queue was filled, 16 at a time.</summary>
    [JsonPropertyName("submits_per_second")]
    public required double SubmitsPerSecond { get; init; }

    /// <summary>Seconds until the queue answers after a new silo has taken it over.</summary>
    [JsonPropertyName("reload_seconds")]
    public required double ReloadSeconds { get; init; }

    /// <summary>Jobs of the owner with many.</summary>
    [JsonPropertyName("fair_jobs_of_many")]
    public required int FairMany { get; init; }

    /// <summary>Jobs of the owner with few.</summary>
    [JsonPropertyName("fair_jobs_of_few")]
    public required int FairFew { get; init; }

    /// <summary>Jobs of the owner with many that had ended when the last of the other's did.</summary>
    [JsonPropertyName("fair_many_done_when_few_done")]
    public required int ManyDone { get; init; }

    /// <summary>Seconds until the owner with few jobs had all.</summary>
    [JsonPropertyName("fair_few_done_seconds")]
    public required double FewSeconds { get; init; }

    /// <summary>Seconds until all jobs of both had ended.</summary>
    [JsonPropertyName("fair_all_done_seconds")]
    public required double AllSeconds { get; init; }

    /// <summary>Jobs a second through all slots.</summary>
    [JsonPropertyName("jobs_per_second")]
    public double JobsPerSecond => (FairMany + FairFew) / AllSeconds;
}
