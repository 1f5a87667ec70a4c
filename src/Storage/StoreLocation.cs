namespace OrleansOneShot.Storage;

/// <summary>Where a store of artifacts is, and what stores of its kind can do. Nothing is opened, and nothing of it shows a secret.</summary>
public abstract class StoreLocation
{
    /// <summary>The folder whose files are the artifacts, under their paths, so that people can open them; null: the store has none.</summary>
    public virtual string? Folder => null;

    /// <summary>Where people find an artifact, or a folder of them, on their disk.</summary>
    /// <param name="path">A path in the store, such as <see cref="StorePaths"/> gives; one that ends with '/' is a folder's.</param>
    /// <returns>Absolute path, without a separator at its end; null: nowhere.</returns>
    public string? FileOf(string path) => Folder is null ? null : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, Folder));

    /// <summary>Opens the store. Nothing is sent to a remote one yet; <see cref="ArtifactStoreExtensions.CheckWritableAsync"/> tries it out.</summary>
    /// <returns>The store, for the whole life of the process.</returns>
    /// <exception cref="ArgumentException">An option does not fit; the message shows no secret.</exception>
    /// <exception cref="ArtifactStoreException">The folder can't be created.</exception>
    public abstract IArtifactStore Open();
}
