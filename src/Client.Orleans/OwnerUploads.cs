using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;

namespace OrleansOneShot.Client.Cluster;

/// <summary>What an owner has uploaded. Others' uploads are not there, and a hash does not tell of them.</summary>
public sealed class OwnerUploads
{
    private readonly ClusterClient _client;
    private readonly IOwnerGrain _owner;

    internal OwnerUploads(ClusterClient client, IOwnerGrain owner) => (_client, _owner) = (client, owner);

    /// <summary>Asked before a body is read: whether the owner may upload so much more.</summary>
    /// <param name="sha256">The hash.</param>
    /// <param name="bytes">How many bytes, at most.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When it may.</returns>
    /// <exception cref="Documents.Errors.OneShotException">limit.</exception>
    public Task AdmitAsync(string sha256, long bytes, CancellationToken cancellationToken = default) =>
        CallAsync(() => _owner.AdmitUpload(sha256, bytes), cancellationToken);

    /// <summary>The bytes are in the store, uploaded by this owner.</summary>
    /// <param name="sha256">The hash.</param>
    /// <param name="bytes">How many bytes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>When durable.</returns>
    public Task AddAsync(string sha256, long bytes, CancellationToken cancellationToken = default) =>
        CallAsync(() => _owner.Uploaded(sha256, bytes), cancellationToken);

    /// <summary>An admitted upload has ended without its bytes.</summary>
    /// <param name="sha256">The hash.</param>
    /// <returns>When known.</returns>
    public Task GiveUpAsync(string sha256) => CallAsync(() => _owner.GiveUpUpload(sha256), CancellationToken.None);

    /// <summary>Whether the owner has uploaded bytes that are still there.</summary>
    /// <param name="sha256">The hash.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Whether.</returns>
    public Task<bool> HasAsync(string sha256, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _owner.Has(sha256), cancellationToken);

    /// <summary>Which of these the owner has not uploaded, or are gone; the others stay until a job refers to them.</summary>
    /// <param name="hashes">The hashes.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Those that must be uploaded.</returns>
    public Task<ImmutableArray<string>> FindMissingAsync(ImmutableArray<string> hashes, CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _owner.Require(hashes), cancellationToken);

    private Task<bool> CallAsync(Func<Task> call, CancellationToken cancellationToken) =>
        _client.CallAsync(
            async _ =>
            {
                await call();
                return true;
            },
            cancellationToken
        );
}
