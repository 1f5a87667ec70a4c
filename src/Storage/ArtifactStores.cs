using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Storage;

/// <summary>Makes stores.</summary>
public static class ArtifactStores
{
    /// <summary>Makes the store that the options name. Nothing is sent to a remote one yet; <see cref="ArtifactStoreExtensions.CheckWritableAsync"/> tries it out.</summary>
    /// <param name="options">A folder or a container.</param>
    /// <returns>The store, for the whole life of the process.</returns>
    /// <exception cref="ArgumentException">None or both are named, or an option does not fit; the message shows no secret.</exception>
    public static IArtifactStore Create(ArtifactStoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return (options.Folder, options.Azure) switch
        {
            ({ } folder, null) => new FileArtifactStore(folder),
            (null, { } azure) => new AzureBlobArtifactStore(azure),
            _ => throw new ArgumentException("The artifact store needs either a folder or a container of blob storage, and not both."),
        };
    }
}
