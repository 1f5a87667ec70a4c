using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Storage;

/// <summary>
/// The models of a cluster's artifact store (<see cref="SharedModelPaths"/>). A manifest is written last, once. What nobody uses is collected after a time, so
/// each use is marked on the manifest; files count as used for as long as a manifest names them.
/// </summary>
/// <param name="store">The store.</param>
public sealed class SharedModels(IArtifactStore store)
{
    /// <summary>Reads a manifest.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its files, whose hashes are stated and whose paths are anything; null if there is no such model.</returns>
    /// <exception cref="DamagedModelException">The manifest is damaged.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public async Task<IReadOnlyList<ModelFile>?> ReadAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var stream = await store.OpenReadAsync(SharedModelPaths.Manifest(name), cancellationToken);
            if (stream.Length > SharedModelPaths.MaximumManifestBytes)
            {
                throw new DamagedModelException(name);
            }

            using var bytes = new MemoryStream();
            await stream.CopyToAsync(bytes, cancellationToken);
            var files = StrictJson.Read(bytes.ToArray(), SharedModelJson.Default.SharedModelManifest).Files;
            return files.All(file => file.Bytes >= 0 && StorePaths.IsHash(file.Sha256)) ? files : throw new DamagedModelException(name);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (UnusableJsonException e)
        {
            throw new DamagedModelException(name, e);
        }
    }

    /// <summary>Marks a model as used now.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if there is no such model any more, or the store can't.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public Task<bool> TouchAsync(string name, CancellationToken cancellationToken = default) =>
        store.TouchAsync(SharedModelPaths.Manifest(name), cancellationToken);

    /// <summary>Publishes a manifest; all its files are there.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="files">Its files, by path.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if the name was taken, by whatever model.</returns>
    /// <exception cref="IOException">The store is full, read-only or out of reach.</exception>
    public async Task<bool> TryPublishAsync(string name, IReadOnlyList<ModelFile> files, CancellationToken cancellationToken = default)
    {
        var manifest = JsonSerializer.SerializeToUtf8Bytes(new SharedModelManifest(files), SharedModelJson.Default.SharedModelManifest);
        using var content = new MemoryStream(manifest, writable: false);
        try
        {
            await store.WriteAsync(SharedModelPaths.Manifest(name), content, WriteCondition.MustNotExist, cancellationToken);
            return true;
        }
        catch (ArtifactExistsException)
        {
            return false;
        }
    }
}

/// <summary>A file of a model.</summary>
/// <param name="Path">Path within the model's folder, with '/'.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in lower-case hexadecimal.</param>
public sealed record ModelFile(string Path, long Bytes, string Sha256);

/// <summary>A model that this machine has, and that a cluster may be sent.</summary>
public interface IModelSource
{
    /// <summary>Its name as this machine knows it; one that was given by path may have a name that no request can hold.</summary>
    string Name { get; }

    /// <summary>What people call it: its folder's name.</summary>
    string Title { get; }

    /// <summary>Whether it came with the program, so that every silo has it under <see cref="Name"/>.</summary>
    bool IsShipped { get; }

    /// <summary>Lists the files that make it; reads all of them.</summary>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The files, in the order of their paths.</returns>
    /// <exception cref="IOException">One can't be read.</exception>
    Task<IReadOnlyList<ModelFile>> ListAsync(CancellationToken cancellationToken = default);

    /// <summary>Opens one of the files.</summary>
    /// <param name="file">One that was listed.</param>
    /// <returns>Its bytes, which can be read again; the caller disposes of them.</returns>
    /// <exception cref="IOException">It can't be read.</exception>
    Stream Open(ModelFile file);
}

/// <summary>The manifest of a model in a cluster's artifact store is not one.</summary>
/// <param name="name">The model.</param>
/// <param name="inner">The cause.</param>
public sealed class DamagedModelException(string name, Exception? inner = null)
    : IOException($"The artifact store's manifest of the model {name} ({SharedModelPaths.Manifest(name)}) is damaged.", inner)
{
    /// <summary>What can be done about it, a sentence.</summary>
    public const string Advice = "Delete it and put the model there again with: oneshot models push";
}

/// <summary>A model's manifest.</summary>
/// <param name="Files">Its files, by path.</param>
internal sealed record SharedModelManifest(IReadOnlyList<ModelFile> Files);

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(SharedModelManifest))]
internal sealed partial class SharedModelJson : JsonSerializerContext;
