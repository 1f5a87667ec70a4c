using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>Where a cluster's models go: files by their hash, and a manifest for each name.</summary>
public interface IModelTarget : IBlobTarget
{
    /// <summary>The files of a model.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The files; null if there is no such model.</returns>
    /// <exception cref="OneShotException">failed: what lies there is damaged.</exception>
    /// <exception cref="IOException">It is out of reach.</exception>
    Task<IReadOnlyList<ModelFile>?> FindModelAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Marks a model as used now, and its files with it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if it is gone.</returns>
    /// <exception cref="IOException">It is out of reach.</exception>
    Task<bool> KeepModelAsync(string name, CancellationToken cancellationToken = default);

    /// <summary>Gives files that are there a name, under which silos find them.</summary>
    /// <param name="name">The name.</param>
    /// <param name="files">The files, by path.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if the name was taken, by whatever model.</returns>
    /// <exception cref="IOException">It is full, read-only or out of reach.</exception>
    Task<bool> TryPublishModelAsync(string name, IReadOnlyList<ModelFile> files, CancellationToken cancellationToken = default);
}

/// <summary>Models in an artifact store.</summary>
/// <param name="store">The store.</param>
internal sealed class StoreModels(IArtifactStore store) : IModelTarget
{
    private readonly StoreBlobs _files = new(store, SharedModelPaths.File);
    private readonly SharedModels _models = new(store);

    /// <inheritdoc/>
    public Task<bool> HasAsync(string sha256, long bytes, CancellationToken cancellationToken = default) => _files.HasAsync(sha256, bytes, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> KeepAsync(string sha256, CancellationToken cancellationToken = default) => _files.KeepAsync(sha256, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> PutAsync(string sha256, Stream content, CancellationToken cancellationToken = default) =>
        _files.PutAsync(sha256, content, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ModelFile>?> FindModelAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _models.ReadAsync(name, cancellationToken);
        }
        catch (DamagedModelException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, e.Message, "model", DamagedModelException.Advice), e);
        }
    }

    /// <inheritdoc/>
    public Task<bool> KeepModelAsync(string name, CancellationToken cancellationToken = default) => _models.TouchAsync(name, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> TryPublishModelAsync(string name, IReadOnlyList<ModelFile> files, CancellationToken cancellationToken = default) =>
        _models.TryPublishAsync(name, files, cancellationToken);
}
