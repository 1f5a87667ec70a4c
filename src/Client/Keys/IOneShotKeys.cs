using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Http;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Client.Keys;

/// <summary>The keys by which callers of HTTP are known. For operators: over HTTP the scope admin.</summary>
public interface IOneShotKeys
{
    /// <summary>Makes a key.</summary>
    /// <param name="wanted">What it is to be.</param>
    /// <param name="cancellationToken">
    /// Stops waiting. The call is not repeated by itself: who does not hear the answer has made a key that nobody holds, which <see cref="ListAsync"/> shows.
    /// </param>
    /// <returns>The key with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">invalid_input; limit: its owner has as many as may live; unauthenticated, forbidden, unavailable.</exception>
    Task<NewKey> CreateAsync(KeyRequest wanted, CancellationToken cancellationToken = default);

    /// <summary>All keys, oldest first.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The keys, without secrets.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<ImmutableArray<KeyDocument>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Ends a key for good; one that has ended stays so.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When it is refused.</returns>
    /// <exception cref="OneShotException">not_found; unauthenticated, forbidden, unavailable.</exception>
    Task RevokeAsync(string id, CancellationToken cancellationToken = default);

    /// <summary>Makes a key like another one, which is still accepted for a while.</summary>
    /// <param name="id">The other one's id.</param>
    /// <param name="grace">How long that one is accepted, to the second; null: until it is revoked.</param>
    /// <param name="cancellationToken">Stops waiting. The call is not repeated by itself, as <see cref="CreateAsync"/> is not.</param>
    /// <returns>The new key with its secret, which is told this once.</returns>
    /// <exception cref="OneShotException">not_found; conflict: it has ended; limit; unauthenticated, forbidden, unavailable.</exception>
    Task<NewKey> RotateAsync(string id, TimeSpan? grace = null, CancellationToken cancellationToken = default);
}
