using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>The models of a cluster's artifact store, as this machine fetches them: names and paths are checked before they become files here.</summary>
/// <param name="store">The store.</param>
internal sealed class StoredModels(IArtifactStore store)
{
    private readonly SharedModels _models = new(store);

    /// <summary>Where a file lies.</summary>
    /// <param name="file">A file whose SHA-256 is known.</param>
    public static string FilePath(HostFile file) => SharedModelPaths.File(file.Sha256!);

    /// <summary>Where a model's manifest lies.</summary>
    /// <param name="name">The model's name.</param>
    public static string ManifestPath(string name) => SharedModelPaths.Manifest(RepositoryPath.RequireName(name));

    /// <summary>Reads a manifest.</summary>
    /// <returns>Its files, whose paths are checked and whose hashes are stated; null if there is no such model.</returns>
    /// <exception cref="OneShotException">The manifest is damaged.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public async Task<IReadOnlyList<HostFile>?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await _models.ReadAsync(RepositoryPath.RequireName(name), cancellationToken) is { } files
                ? [.. files.Select(file => new HostFile(RepositoryPath.RequireWithin(file.Path), file.Bytes, file.Sha256, null))]
                : null;
        }
        catch (DamagedModelException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, e.Message, "model", DamagedModelException.Advice), e);
        }
    }

    /// <summary>Marks a model as used now.</summary>
    /// <returns>False if there is no such model any more, or the store can't.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public Task<bool> TouchAsync(string name, CancellationToken cancellationToken) => _models.TouchAsync(RepositoryPath.RequireName(name), cancellationToken);
}
