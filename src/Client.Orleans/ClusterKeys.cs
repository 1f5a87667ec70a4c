using System.Collections.Immutable;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Client.Cluster;

/// <summary>The keys by which callers of HTTP are known.</summary>
public sealed class ClusterKeys
{
    private readonly ClusterClient _client;
    private readonly IKeyRegistryGrain _registry;

    internal ClusterKeys(ClusterClient client, IKeyRegistryGrain registry) => (_client, _registry) = (client, registry);

    /// <summary>Makes a key.</summary>
    /// <param name="owner">Who will call with it.</param>
    /// <param name="name">What its owner calls it.</param>
    /// <param name="scopes">What it allows, of <see cref="KeyScopes.All"/>.</param>
    /// <param name="expires">From when on it is refused, UTC; null: never.</param>
    /// <param name="cancellationToken">Stops waiting. The call is not repeated: who does not hear the answer has made a key that nobody holds.</param>
    /// <returns>The key with its secret, which is told this once.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input, or limit.</exception>
    public Task<NewKey> AddAsync(
        string owner,
        string name,
        ImmutableArray<string> scopes,
        DateTimeOffset? expires,
        CancellationToken cancellationToken = default
    ) => _registry.Add(owner, name, scopes, expires).WaitAsync(cancellationToken);

    /// <summary>All keys, oldest first.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The keys, without secrets.</returns>
    public Task<ImmutableArray<KeyDocument>> ListAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _registry.List(), cancellationToken);

    /// <summary>Ends a key for good.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The key.</returns>
    /// <exception cref="Documents.Errors.OneShotException">not_found.</exception>
    public Task<KeyDocument> RevokeAsync(string id, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _registry.Revoke(id), cancellationToken);

    /// <summary>Makes a key like another one, which is still accepted for a while.</summary>
    /// <param name="id">The other one's id.</param>
    /// <param name="grace">How long that one is accepted; null: until it is revoked.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The new key with its secret, which is told this once.</returns>
    /// <exception cref="Documents.Errors.OneShotException">not_found, conflict, or limit.</exception>
    public Task<NewKey> RotateAsync(string id, TimeSpan? grace, CancellationToken cancellationToken = default) =>
        _registry.Rotate(id, grace).WaitAsync(cancellationToken);

    /// <summary>Accepts the key that the operator gives the service.</summary>
    /// <param name="key">The key.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What is known of it; it may have been revoked.</returns>
    /// <exception cref="Documents.Errors.OneShotException">conflict: another key has its id.</exception>
    public Task<KeyDocument> AddBootstrapAsync(ApiKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _client.CallAsync(async _ => await _registry.AddBootstrap(key.Id, key.SecretHash), cancellationToken);
    }

    /// <summary>Who calls.</summary>
    /// <param name="key">The key that the call carries.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Owner and scopes, or why not.</returns>
    public Task<KeyAnswer> AuthenticateAsync(ApiKey key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _client.CallAsync(async _ => await _registry.Authenticate(key.Id, key.SecretHash), cancellationToken);
    }

    /// <summary>Whether no key is accepted.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>True if there is no live key.</returns>
    public Task<bool> IsEmptyAsync(CancellationToken cancellationToken = default) => _client.CallAsync(async _ => await _registry.IsEmpty(), cancellationToken);
}
