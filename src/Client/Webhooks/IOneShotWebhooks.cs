using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Client.Webhooks;

/// <summary>The caller's webhooks: addresses that are told when jobs have ended.</summary>
public interface IOneShotWebhooks
{
    /// <summary>Makes a webhook.</summary>
    /// <param name="wanted">What it is to be.</param>
    /// <param name="cancellationToken">
    /// Stops waiting. The call is not repeated by itself: who does not hear the answer has made a webhook whose secret nobody holds, which
    /// <see cref="ListAsync"/> shows.
    /// </param>
    /// <returns>The webhook with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">invalid_input; limit: the caller has as many as may be; unauthenticated, forbidden, unavailable.</exception>
    Task<NewWebhook> CreateAsync(WebhookRequest wanted, CancellationToken cancellationToken = default);

    /// <summary>The webhooks, oldest first.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The webhooks, without secrets and deliveries.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<ImmutableArray<WebhookDocument>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>A webhook with what waits to be delivered and what was, newest first.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The webhook.</returns>
    /// <exception cref="OneShotException">not_found; unauthenticated, forbidden, unavailable.</exception>
    Task<WebhookDocument> GetAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Ends a webhook, and what waits to be delivered to it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="OneShotException">not_found; unauthenticated, forbidden, unavailable.</exception>
    Task DeleteAsync(string id, CancellationToken cancellationToken = default);
}
