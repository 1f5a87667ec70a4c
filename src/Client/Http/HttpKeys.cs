using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Client.Keys;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Client.Http;

/// <summary>The keys of a server.</summary>
/// <param name="calls">The way to it.</param>
internal sealed class HttpKeys(HttpCalls calls) : IOneShotKeys
{
    private const string Path = "v1/keys";

    /// <inheritdoc/>
    public Task<NewKey> CreateAsync(KeyRequest wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        return calls.CallAsync<NewKey>(() => HttpCalls.Post(Path, wanted), cancellationToken, repeats: false);
    }

    /// <inheritdoc/>
    public async Task<ImmutableArray<KeyDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        (await calls.CallAsync<KeyList>(() => HttpCalls.Get(Path), cancellationToken)).Items;

    /// <inheritdoc/>
    /// <remarks>May be said twice: a key that was revoked stays so.</remarks>
    public Task RevokeAsync(string id, CancellationToken cancellationToken = default) => calls.DeleteAsync(PathOf(id), cancellationToken);

    /// <inheritdoc/>
    public Task<NewKey> RotateAsync(string id, TimeSpan? grace = null, CancellationToken cancellationToken = default)
    {
        var query = grace is { } time ? string.Create(CultureInfo.InvariantCulture, $"?grace_seconds={(long)time.TotalSeconds}") : "";
        return calls.CallAsync<NewKey>(() => HttpCalls.Post($"{PathOf(id)}/rotate{query}"), cancellationToken, repeats: false);
    }

    private static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";
}
