using System.Collections.Immutable;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;

namespace OrleansOneShot.Client.Cluster;

/// <summary>The models that jobs of a cluster can name.</summary>
public sealed class ClusterModelLibrary
{
    private readonly ClusterClient _client;
    private readonly IGrainFactory _grains;

    internal ClusterModelLibrary(ClusterClient client, IGrainFactory grains) => (_client, _grains) = (client, grains);

    private IModelLibraryGrain Library => _grains.GetGrain<IModelLibraryGrain>(0);

    /// <summary>Lists them: those of the artifact store, and of the silos that offer slots and answer.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The models, by name, without their files.</returns>
    public Task<ImmutableArray<KnownModel>> ListAsync(CancellationToken cancellationToken = default) =>
        _client.CallAsync(async _ => await Library.List(), cancellationToken);

    /// <summary>What is known of a model, and of its pull.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The model; one that is being pulled, or whose pull failed, is nowhere yet.</returns>
    /// <exception cref="OneShotException">not_found.</exception>
    public async Task<KnownModel> GetAsync(string name, CancellationToken cancellationToken = default)
    {
        // No other name is that of a pull.
        var pull = ModelUploadRules.IsName(name)
            ? await _client.CallAsync(async _ => await _grains.GetGrain<IModelPullGrain>(name).GetStatus(), cancellationToken)
            : null;
        var found = (await _client.CallAsync(async _ => await Library.Find(name), cancellationToken)).Model;
        return found is null && pull is null
            ? throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.NotFound,
                    "Neither the artifact store nor a silo has such a model.",
                    Hint: "GET /v1/models lists those that are there."
                )
            )
            : (found ?? new KnownModel { Name = name }) with
            {
                Pull = pull,
            };
    }

    /// <summary>Has a silo pull a model from its host of models, in the background. Asking again joins the same pull, or repeats one that has failed.</summary>
    /// <param name="name">The name that it gets.</param>
    /// <param name="wanted">What to pull.</param>
    /// <param name="cancellationToken">Stops waiting; the pull goes on.</param>
    /// <returns>How far it is.</returns>
    /// <exception cref="OneShotException">
    /// forbidden: the operator does not allow it; invalid_input: there can be no such name, repository or revision; conflict: another model has that name.
    /// </exception>
    public async Task<ModelPullStatus> PullAsync(string name, ModelPullRequest wanted, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        if (!ModelUploadRules.IsName(name))
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, "The name can't be one of a model.", "name", "Give it another name."));
        }

        return await _client.CallAsync(async _ => await _grains.GetGrain<IModelPullGrain>(name).Start(wanted), cancellationToken);
    }
}
