using System.Collections.Immutable;
using OrleansOneShot.Client.Keys;
using OrleansOneShot.Client.Models;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Documents.Webhooks;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Cluster;

/// <summary>A cluster's keys.</summary>
/// <param name="client">The way to the grains.</param>
internal sealed class GatewayKeys(ClusterClient client) : IOneShotKeys
{
    /// <inheritdoc/>
    public Task<NewKey> CreateAsync(KeyRequest wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return client.AskAsync(() => client.Keys.AddAsync(wanted.Owner, wanted.Name, wanted.Scopes, wanted.Expires, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<KeyDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        client.AskAsync(() => client.Keys.ListAsync(cancellationToken));

    /// <inheritdoc/>
    public Task RevokeAsync(string id, CancellationToken cancellationToken = default) => client.AskAsync(() => client.Keys.RevokeAsync(id, cancellationToken));

    /// <inheritdoc/>
    public Task<NewKey> RotateAsync(string id, TimeSpan? grace = null, CancellationToken cancellationToken = default) =>
        client.AskAsync(() => client.Keys.RotateAsync(id, grace, cancellationToken));
}

/// <summary>An owner's webhooks in a cluster.</summary>
/// <param name="client">The way to the grains.</param>
/// <param name="owner">The owner.</param>
internal sealed class GatewayWebhooks(ClusterClient client, string owner) : IOneShotWebhooks
{
    private readonly OwnerWebhooks _webhooks = client.GetWebhooks(owner);

    /// <inheritdoc/>
    public Task<NewWebhook> CreateAsync(WebhookRequest wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return client.AskAsync(() => _webhooks.AddAsync(wanted, cancellationToken));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<WebhookDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        client.AskAsync(() => _webhooks.ListAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<WebhookDocument> GetAsync(string id, CancellationToken cancellationToken = default) =>
        client.AskAsync(() => _webhooks.GetAsync(id, cancellationToken));

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) => client.AskAsync(() => _webhooks.RemoveAsync(id, cancellationToken));
}

/// <summary>A cluster's silos, slots and queue.</summary>
/// <param name="client">The way to the grains.</param>
internal sealed class GatewayCluster(ClusterClient client) : IOneShotCluster
{
    /// <inheritdoc/>
    public async Task<SiloListDocument> GetSilosAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.GetSchedulerAsync(cancellationToken))).ToSilos();

    /// <inheritdoc/>
    public async Task<SlotListDocument> GetSlotsAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.GetSchedulerAsync(cancellationToken))).ToSlots();

    /// <inheritdoc/>
    public async Task<QueueDocument> GetQueueAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.GetSchedulerAsync(cancellationToken))).ToQueue();

    /// <inheritdoc/>
    public async Task<DrainDocument> GetDrainAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.GetDrainAsync(cancellationToken))).ToDocument();

    /// <inheritdoc/>
    public async Task<DrainDocument> DrainAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.DrainAsync(cancellationToken))).ToDocument();

    /// <inheritdoc/>
    public async Task<DrainDocument> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.DrainSiloAsync(silo, cancellationToken))).ToDocument();

    /// <inheritdoc/>
    public async Task<DrainDocument> ResumeAsync(CancellationToken cancellationToken = default) =>
        (await client.AskAsync(() => client.ResumeAsync(cancellationToken))).ToDocument();
}

/// <summary>A cluster's models. One that is sent goes into the store as it is.</summary>
/// <param name="client">The way to the grains.</param>
/// <param name="store">The store.</param>
internal sealed class GatewayModels(ClusterClient client, IArtifactStore store) : IOneShotModels
{
    /// <inheritdoc/>
    public Task<ImmutableArray<KnownModel>> ListAsync(CancellationToken cancellationToken = default) =>
        client.AskAsync(() => client.Models.ListAsync(cancellationToken));

    /// <inheritdoc/>
    public Task<KnownModel> GetAsync(string name, CancellationToken cancellationToken = default) =>
        client.AskAsync(() => client.Models.GetAsync(name, cancellationToken));

    /// <inheritdoc/>
    public Task<SentModel> SendAsync(
        IModelSource model,
        string? name = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    ) => new ModelTransfer(store).SendAsync(model, name, progress, cancellationToken);
}
