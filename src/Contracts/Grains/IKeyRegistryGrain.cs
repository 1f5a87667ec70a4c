using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Access;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>
/// All keys (key: 0). It keeps hashes of secrets alone, and no call carries a secret to it: messages show their arguments in logs. Only what
/// <see cref="Add"/> and <see cref="Rotate"/> give holds one, once, and does not show it.
/// </summary>
[Alias("oneshot.IKeyRegistryGrain")]
public interface IKeyRegistryGrain : IGrainWithIntegerKey
{
    /// <summary>Makes a key.</summary>
    /// <param name="owner">Who will call with it, 1 to 200 characters.</param>
    /// <param name="name">What its owner calls it: a name, 1 to 64 characters.</param>
    /// <param name="scopes">What it allows, of <see cref="KeyScopes.All"/>, each once at most.</param>
    /// <param name="expires">From when on it is refused, UTC; null: never.</param>
    /// <returns>The key with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: a field is out of its range. limit: its owner has two live keys (the message says which to revoke), or there are too many keys.
    /// </exception>
    [Alias("Add")]
    Task<NewKey> Add(string owner, string name, ImmutableArray<string> scopes, DateTimeOffset? expires);

    /// <summary>Accepts the key that the operator gives the service, owner "admin", all scopes. A key that is known already stays as it is.</summary>
    /// <remarks>
    /// It takes the place of the owner's oldest live key if that has two: whoever starts the service must get in. A key of the same id that was revoked or has
    /// expired is not brought back.
    /// </remarks>
    /// <param name="id">The key's id, as <see cref="ApiKey.Id"/> gives it.</param>
    /// <param name="secretHash">SHA-256 of its secret, 32 bytes, as <see cref="ApiKey.SecretHash"/> gives it.</param>
    /// <returns>The key; the caller sees whether it is live.</returns>
    /// <exception cref="OneShotException">conflict: another key has that id. invalid_input: no key has such an id or hash.</exception>
    [Alias("AddBootstrap")]
    Task<KeyDocument> AddBootstrap(string id, ReadOnlyMemory<byte> secretHash);

    /// <summary>All keys, also those that are revoked or have expired, as long as they are remembered; oldest first.</summary>
    /// <returns>The keys.</returns>
    [Alias("List"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<KeyDocument>> List();

    /// <summary>Ends a key, for good and for the next call. One that was revoked already stays as it is.</summary>
    /// <param name="id">The key's id.</param>
    /// <returns>The key.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    [Alias("Revoke")]
    Task<KeyDocument> Revoke(string id);

    /// <summary>
    /// Makes a key like another one, with an expiry as far away as that one's was at first. The other one is accepted until it is revoked, or for a while.
    /// </summary>
    /// <param name="id">The id of the key to replace.</param>
    /// <param name="grace">How long it is still accepted, 0 or more; null: until it is revoked or expires as before.</param>
    /// <returns>The new key with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">
    /// not_found. conflict: the key was revoked or has expired. limit: its owner has two live keys (the message says which to revoke). invalid_input: the grace
    /// is below 0.
    /// </exception>
    [Alias("Rotate")]
    Task<NewKey> Rotate(string id, TimeSpan? grace);

    /// <summary>
    /// Who calls. Secrets are compared in constant time, and an id that is not known costs the same comparison. Whether a key is revoked is known to every
    /// activation within five seconds, also to one that another has replaced.
    /// </summary>
    /// <param name="id">The key's id.</param>
    /// <param name="secretHash">SHA-256 of the secret that the call carries.</param>
    /// <returns>Owner and scopes, or why not.</returns>
    [Alias("Authenticate"), ReadOnly, AlwaysInterleave]
    Task<KeyAnswer> Authenticate(string id, ReadOnlyMemory<byte> secretHash);

    /// <summary>Whether no key is accepted, because there is none or all are revoked or have expired.</summary>
    /// <returns>True if there is no live key.</returns>
    [Alias("IsEmpty"), ReadOnly, AlwaysInterleave]
    Task<bool> IsEmpty();
}
