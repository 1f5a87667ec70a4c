using System.Collections.Immutable;
using System.Text;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>What is told of a webhook. Not its secret; and its text shows no more of the address than its host, since the rest may be one.</summary>
public sealed record WebhookDocument
{
    /// <summary>The webhook's id.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>Where it calls.</summary>
    [FieldNumber(1)]
    public required string Url { get; init; }

    /// <summary>What it is told, of <see cref="WebhookEvents.All"/>.</summary>
    [FieldNumber(2)]
    public required ImmutableArray<string> Events { get; init; }

    /// <summary>What its owner calls it; null: nothing.</summary>
    [FieldNumber(3)]
    public string? Description { get; init; }

    /// <summary>When it was made, UTC. It is told of jobs that end afterwards.</summary>
    [FieldNumber(4)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>Since when it is told nothing more, UTC, because its receiver answered 410; null: it is told.</summary>
    [FieldNumber(5)]
    public DateTimeOffset? Disabled { get; init; }

    /// <summary>What waits to be delivered and the last that was, newest first; null where they were not asked for.</summary>
    [FieldNumber(6)]
    public ImmutableArray<WebhookDelivery>? Deliveries { get; init; }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(null, $"Id = {Id}, Url = {SecretText.ShowAddress(Url)}");
        return true;
    }
}

/// <summary>A webhook that was just made: the only time that its secret is told. It does not show it by itself.</summary>
/// <param name="Webhook">The webhook.</param>
/// <param name="Secret">What its receiver checks signatures with: <c>whsec_</c> and 32 bytes in base64.</param>
public sealed record NewWebhook([property: FieldNumber(0)] WebhookDocument Webhook, [property: FieldNumber(1)] string Secret)
{
    /// <summary>The webhook without its secret: whatever logs a call's answer writes this.</summary>
    /// <returns>Its id.</returns>
    public override string ToString() => $"webhook {Webhook.Id}";
}
