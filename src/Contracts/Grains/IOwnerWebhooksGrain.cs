using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>The webhooks of an owner (key: the owner's name).</summary>
[Alias("oneshot.IOwnerWebhooksGrain")]
public interface IOwnerWebhooksGrain : IGrainWithStringKey
{
    /// <summary>Makes a webhook. It is told of jobs that end from now on.</summary>
    /// <param name="wanted">What it is to be.</param>
    /// <returns>The webhook with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: a field is out of its range, or the address is one that may not be called. limit: the owner has as many as they may.
    /// </exception>
    [Alias("Add")]
    Task<NewWebhook> Add(WebhookRequest wanted);

    /// <summary>The webhooks, oldest first, without their deliveries.</summary>
    /// <returns>The webhooks.</returns>
    [Alias("List")]
    Task<ImmutableArray<WebhookDocument>> List();

    /// <summary>A webhook with what waits to be delivered and what was.</summary>
    /// <param name="id">The webhook's id.</param>
    /// <returns>The webhook.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Get")]
    Task<WebhookDocument> Get(string id);

    /// <summary>Ends a webhook, and what waits to be delivered to it.</summary>
    /// <param name="id">The webhook's id.</param>
    /// <returns>When it is gone.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Remove")]
    Task Remove(string id);

    /// <summary>A job of the owner has ended. Repeating it is harmless.</summary>
    /// <param name="job">The job.</param>
    /// <returns>How many webhooks have stored that they are to tell it; 0: none is told of this, and nothing was written.</returns>
    [Alias("Ended")]
    Task<int> Ended(WebhookJob job);
}
