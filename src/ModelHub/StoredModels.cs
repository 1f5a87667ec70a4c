using System.Text.Json;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// The models of a cluster's artifact store. Files lie under their hashes, so that models share what they have in common and nobody's bytes replace another's;
/// a manifest a name lists them and is written last, once. What nobody uses is collected after a time, so each use is marked on the manifest; files count as
/// used for as long as a manifest names them.
/// </summary>
/// <param name="store">The store.</param>
internal sealed class StoredModels(IArtifactStore store)
{
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
            await using var stream = await store.OpenReadAsync(ManifestPath(name), cancellationToken);
            if (stream.Length > SharedModelPaths.MaximumManifestBytes)
            {
                throw Damaged(name);
            }

            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, cancellationToken);
            var files = StrictJson.Read(bytes.ToArray(), ModelJsonContext.Default.StoredModel).Files;
            return files.All(file => file.Bytes >= 0 && StorePaths.IsHash(file.Sha256))
                ? [.. files.Select(file => new HostFile(RepositoryPath.RequireWithin(file.Path), file.Bytes, file.Sha256, null))]
                : throw Damaged(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnusableJsonException e)
        {
            throw Damaged(name, e);
        }
    }

    /// <summary>Marks a model as used now.</summary>
    /// <returns>False if there is no such model any more, or the store can't.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public Task<bool> TouchAsync(string name, CancellationToken cancellationToken) => store.TouchAsync(ManifestPath(name), cancellationToken);

    /// <summary>Publishes a manifest; all its files are there.</summary>
    /// <returns>False if the name was taken, by whatever model.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public async Task<bool> TryPublishAsync(string name, StoredModel model, CancellationToken cancellationToken)
    {
        using var content = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(model, ModelJsonContext.Default.StoredModel), writable: false);
        try
        {
            await store.WriteAsync(ManifestPath(name), content, WriteCondition.MustNotExist, cancellationToken);
            return true;
        }
        catch (ArtifactExistsException)
        {
            return false;
        }
    }

    private static OneShotException Damaged(string name, Exception? inner = null) =>
        new(
            new ErrorDetail(
                ErrorCodes.Failed,
                $"The artifact store's manifest of the model {name} ({ManifestPath(name)}) is damaged.",
                "model",
                "Delete it and put the model there again with: oneshot models push"
            ),
            inner
        );
}

/// <summary>A model in a cluster's artifact store, as its manifest lists it.</summary>
/// <param name="Files">Its files, by path.</param>
internal sealed record StoredModel(IReadOnlyList<PulledFile> Files);
