using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>A message to a webhook's receiver, and what became of it.</summary>
public sealed record WebhookDelivery
{
    /// <summary>The message's id, as its header <c>webhook-id</c> has it.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>What it tells, of <see cref="WebhookEvents.All"/>.</summary>
    [FieldNumber(1)]
    public required string Type { get; init; }

    /// <summary>The job that it tells of.</summary>
    [FieldNumber(2)]
    public required string Job { get; init; }

    /// <summary>What became of it.</summary>
    [FieldNumber(3)]
    public required WebhookDeliveryStatus Status { get; init; }

    /// <summary>When the job ended, UTC.</summary>
    [FieldNumber(4)]
    public required DateTimeOffset Time { get; init; }

    /// <summary>Tries so far.</summary>
    [FieldNumber(5)]
    public int Attempts { get; init; }

    /// <summary>When it was last tried, UTC; null: not yet.</summary>
    [FieldNumber(6)]
    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>HTTP's status code of the last answer; null: there was none.</summary>
    [FieldNumber(7)]
    public int? ResponseStatus { get; init; }

    /// <summary>Why it has not arrived, in one sentence; null: it has, or was not tried.</summary>
    [FieldNumber(8)]
    public string? Reason { get; init; }

    /// <summary>When it is tried next, UTC; null: never again.</summary>
    [FieldNumber(9)]
    public DateTimeOffset? NextAttempt { get; init; }
}

/// <summary>What became of a message.</summary>
public enum WebhookDeliveryStatus
{
    /// <summary>It is tried, now or later.</summary>
    Pending = 0,

    /// <summary>The receiver has it.</summary>
    Delivered = 1,

    /// <summary>It was given up.</summary>
    Failed = 2,
}
