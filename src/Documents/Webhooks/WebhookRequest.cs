using System.Collections.Immutable;
using System.Text;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Webhooks;

/// <summary>What a new webhook is to be. Its text shows no more of the address than its host.</summary>
public sealed record WebhookRequest
{
    /// <summary>Where it calls: https, or http where the operator allows the host.</summary>
    [FieldNumber(0)]
    public required string Url { get; init; }

    /// <summary>What it is told, of <see cref="WebhookEvents.All"/>; left out: all of them.</summary>
    [FieldNumber(1)]
    public ImmutableArray<string> Events { get; init; } = WebhookEvents.All;

    /// <summary>What its owner calls it; left out: nothing.</summary>
    [FieldNumber(2)]
    public string? Description { get; init; }

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(null, $"Url = {SecretText.ShowAddress(Url)}");
        return true;
    }
}

/// <summary>Webhooks, oldest first.</summary>
/// <param name="Items">The webhooks, without secrets and deliveries.</param>
public sealed record WebhookList(ImmutableArray<WebhookDocument> Items);
