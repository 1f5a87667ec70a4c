using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Client.Cluster;

/// <summary>An owner's webhooks. Others' are not there.</summary>
public sealed class OwnerWebhooks
{
    private readonly ClusterClient _client;
    private readonly IOwnerWebhooksGrain _owner;

    internal OwnerWebhooks(ClusterClient client, IOwnerWebhooksGrain owner) => (_client, _owner) = (client, owner);

    /// <summary>Makes a webhook.</summary>
    /// <param name="wanted">What it is to be.</param>
    /// <param name="cancellationToken">
    /// Stops waiting. The call is not repeated: who does not hear the answer has made a webhook whose secret nobody holds.
    /// </param>
    /// <returns>The webhook with its secret, which is told this once.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input, or limit.</exception>
    public Task<NewWebhook> AddAsync(WebhookRequest wanted, CancellationToken cancellationToken = default) => _owner.Add(wanted).WaitAsync(cancellationToken);

    /// <summary>The webhooks, oldest first.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The webhooks, without secrets and deliveries.</returns>
    public Task<ImmutableArray<WebhookDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _owner.List(), cancellationToken);

    /// <summary>A webhook with its deliveries.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The webhook.</returns>
    /// <exception cref="Documents.Errors.OneShotException">not_found.</exception>
    public Task<WebhookDocument> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _owner.Get(id), cancellationToken);

    /// <summary>Ends a webhook, and what waits to be delivered to it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting. The call is not repeated, since the second one would find nothing.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="Documents.Errors.OneShotException">not_found.</exception>
    public Task RemoveAsync(string id, CancellationToken cancellationToken = default) => _owner.Remove(id).WaitAsync(cancellationToken);
}
