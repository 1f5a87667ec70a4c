using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>A webhook (key: its id): where it calls, with what secret, and what is to be delivered. Its owner's list alone calls it.</summary>
[Alias("oneshot.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Makes it, with a new secret.</summary>
    /// <param name="owner">Whose it is.</param>
    /// <param name="wanted">What it is to be; checked already.</param>
    /// <returns>The webhook with its secret, which is told this once.</returns>
    [Alias("Open")]
    Task<NewWebhook> Open(string owner, WebhookRequest wanted);

    /// <summary>What is told of it.</summary>
    /// <param name="deliveries">Whether with its deliveries.</param>
    /// <returns>The webhook; null: there is none, or no more.</returns>
    [Alias("Describe")]
    Task<WebhookDocument?> Describe(bool deliveries);

    /// <summary>Stores that a job's end is to be delivered, if it does not know that already, and begins.</summary>
    /// <param name="job">The job.</param>
    /// <returns>False: there is no such webhook, or no more.</returns>
    [Alias("Take")]
    Task<bool> Take(WebhookJob job);

    /// <summary>Ends it, with all that waits.</summary>
    /// <returns>When nothing is left.</returns>
    [Alias("Close")]
    Task Close();
}
