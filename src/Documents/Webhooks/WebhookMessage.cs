using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>The body of a webhook's call.</summary>
/// <param name="Type">What has happened, of <see cref="WebhookEvents.All"/>.</param>
/// <param name="Timestamp">When, UTC.</param>
/// <param name="Data">The job.</param>
public sealed record WebhookMessage(string Type, DateTimeOffset Timestamp, WebhookJob Data);

/// <summary>What a webhook is told of a job that has ended. Its files are fetched with a key.</summary>
public sealed record WebhookJob
{
    /// <summary>The job's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>How it ended.</summary>
    [FieldNumber(1)]
    public required JobState State { get; init; }

    /// <summary>Whose it is.</summary>
    [FieldNumber(2)]
    public required string Owner { get; init; }

    /// <summary>The result's name.</summary>
    [FieldNumber(3)]
    public required string Name { get; init; }

    /// <summary>The job's metadata; empty: none.</summary>
    [FieldNumber(4)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>When it was submitted, UTC.</summary>
    [FieldNumber(5)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>When it first got a slot, UTC; null: never.</summary>
    [FieldNumber(6)]
    public DateTimeOffset? Started { get; init; }

    /// <summary>When it ended, UTC.</summary>
    [FieldNumber(7)]
    public required DateTimeOffset Finished { get; init; }

    /// <summary>Why it failed; null: it has not.</summary>
    [FieldNumber(8)]
    public ErrorDetail? Error { get; init; }

    /// <summary>What it makes.</summary>
    [FieldNumber(9)]
    public JobKind Kind { get; init; }

    /// <summary>How often it was run again before: a job that was retried ends once more.</summary>
    [FieldNumber(10)]
    public int Retries { get; init; }
}
