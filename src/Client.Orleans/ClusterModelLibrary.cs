using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Client.Cluster;

/// <summary>The models that jobs of a cluster can name.</summary>
public sealed class ClusterModelLibrary
{
    private readonly ClusterClient _client;
    private readonly IModelLibraryGrain _library;

    internal ClusterModelLibrary(ClusterClient client, IModelLibraryGrain library) => (_client, _library) = (client, library);

    /// <summary>Lists them: those of the artifact store, and of the silos that offer slots and answer.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The models, by name, without their files.</returns>
    public Task<ImmutableArray<KnownModel>> ListAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await _library.List(), cancellationToken);

    /// <summary>What is known of a model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The model.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public async Task<KnownModel> GetAsync(string name, CancellationToken cancellationToken = default) =>
        (await _client.CallAsync(async _ => await _library.Find(name), cancellationToken)).Model
        ?? throw new OneShotException(
            new ErrorDetail(ErrorCodes.NotFound, "Neither the artifact store nor a silo has such a model.", Hint: "GET /v1/models lists those that are there.")
        );
}
