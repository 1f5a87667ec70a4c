using System.Collections.Immutable;
using OrleansOneShot.Client.Webhooks;
using OrleansOneShot.Documents.Webhooks;

namespace OrleansOneShot.Client.Http;

/// <summary>The caller's webhooks on a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpWebhooks(HttpCalls calls) : IOneShotWebhooks
{
    private const string Path = "v1/webhooks";

    /// <inheritdoc/>
    public Task<NewWebhook> CreateAsync(WebhookRequest wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return calls.CallAsync<NewWebhook>(() => HttpCalls.Post(Path, wanted), cancellationToken, repeats: false);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<WebhookDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        (await calls.CallAsync<WebhookList>(() => HttpCalls.Get(Path), cancellationToken)).Items;

    /// <inheritdoc/>
    public Task<WebhookDocument> GetAsync(string id, CancellationToken cancellationToken = default) =>
        calls.CallAsync<WebhookDocument>(() => HttpCalls.Get(PathOf(id)), cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) => calls.DeleteAsync(PathOf(id), cancellationToken);

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";
}
