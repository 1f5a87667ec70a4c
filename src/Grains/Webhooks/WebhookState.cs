using System.Collections.Immutable;
using System.Text;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Grains.Webhooks;

/// <summary>What a webhook must remember. It never shows its secret: it signs with it, so it can't keep a hash instead.</summary>
[GenerateSerializer, Alias("oneshot.WebhookState")]
internal sealed record WebhookState
{
    /// <summary>What it is; null: there is no such webhook.</summary>
    [Id(0)]
    public WebhookRequest? Request { get; init; }

    /// <summary>Whose it is.</summary>
    [Id(1)]
    public string Owner { get; init; } = "";

    /// <summary>The key of its signatures.</summary>
    [Id(2)]
    public byte[] Secret { get; init; } = [];

    /// <summary>When it was made.</summary>
    [Id(3)]
    public DateTimeOffset Created { get; init; }

    /// <summary>Since when its receiver wants no more; null: it does.</summary>
    [Id(4)]
    public DateTimeOffset? Disabled { get; init; }

    /// <summary>What waits, oldest first: <see cref="Webhooks.Deliveries.MostWaiting"/> at most.</summary>
    [Id(5)]
    public ImmutableArray<WaitingDelivery> Waiting { get; init; } = [];

    /// <summary>The last that wait no more, oldest first: <see cref="Webhooks.Deliveries.MostEnded"/> at most.</summary>
    [Id(6)]
    public ImmutableArray<WebhookDelivery> Ended { get; init; } = [];

    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(null, $"Owner = {Owner}, Request = {Request}, Waiting = {Waiting.Length}, Ended = {Ended.Length}");
        return true;
    }
}

/// <summary>A message that waits.</summary>
/// <param name="Told">What is told of it; its next try is always set.</param>
/// <param name="Body">Its bytes, the same at every try.</param>
[GenerateSerializer, Immutable, Alias("oneshot.WaitingDelivery")]
internal sealed record WaitingDelivery([property: Id(0)] WebhookDelivery Told, [property: Id(1)] byte[] Body);

/// <summary>The webhooks of an owner.</summary>
[GenerateSerializer, Alias("oneshot.OwnerWebhooksState")]
internal sealed record OwnerWebhooksState
{
    /// <summary>The webhooks, oldest first.</summary>
    [Id(0)]
    public ImmutableArray<OwnedWebhook> Webhooks { get; init; } = [];
}

/// <summary>What an owner's list knows of a webhook: enough to tell whether a job concerns it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Events">What it is told.</param>
/// <param name="Created">When it was made.</param>
[GenerateSerializer, Immutable, Alias("oneshot.OwnedWebhook")]
internal sealed record OwnedWebhook([property: Id(0)] string Id, [property: Id(1)] ImmutableArray<string> Events, [property: Id(2)] DateTimeOffset Created);
