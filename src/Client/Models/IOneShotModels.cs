using System.Collections.Immutable;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>The models that jobs can name.</summary>
public interface IOneShotModels
{
    /// <summary>Lists them: those that are shared, and those of the silos that offer slots and answer.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The models, by name, without their files.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<ImmutableArray<KnownModel>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>What is known of a model; of one that is shared, its files too.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The model.</returns>
    /// <exception cref="OneShotException">not_found; unauthenticated, forbidden, unavailable.</exception>
    Task<KnownModel> GetAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>
    /// Shares a model with all silos, of which each fetches it when a job needs it. What is there already is not sent again; what was sent of a model whose
    /// sending was stopped counts as there for a day. Over HTTP the scope admin, and in parts.
    /// </summary>
    /// <param name="model">The model, such as a folder (<see cref="ModelDirectory"/>).</param>
    /// <param name="name">
    /// Its name there; null takes <see cref="IModelSource.Name"/> where that is of the same files, else the model's title and a hash of the files.
    /// </param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; nobody sees what was sent.</param>
    /// <returns>The model as jobs can name it.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: its name or a file can't be taken. conflict: the name belongs to another model, or a file was changed meanwhile. unauthenticated,
    /// forbidden, limit, unavailable.
    /// </exception>
    /// <exception cref="IOException">A file can't be read, or the store is full.</exception>
    Task<SentModel> SendAsync(
        IModelSource model,
        string? name = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    );
}
