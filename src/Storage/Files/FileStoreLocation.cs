namespace OrleansOneShot.Storage.Files;

/// <summary>A store in a folder.</summary>
/// <param name="folder">The folder, which is created when the store is opened.</param>
public sealed class FileStoreLocation(string folder) : StoreLocation
{
    /// <inheritdoc/>
    public override string Folder { get; } = Path.GetFullPath(folder);

    /// <summary>Reads an address such as <c>file:///srv/oneshot</c>.</summary>
    /// <param name="address">The address.</param>
    /// <returns>The place.</returns>
    /// <exception cref="ArgumentException">It is of another machine, or says more than a path.</exception>
    public static FileStoreLocation Parse(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return address is { IsAbsoluteUri: true, IsFile: true, IsUnc: false, Query: "", Fragment: "" }
            ? new FileStoreLocation(address.LocalPath)
            : throw new ArgumentException(
                "The address of a store of files must be an absolute path of this machine and nothing more, such as file:///srv/oneshot."
            );
    }

    /// <inheritdoc/>
    public override IArtifactStore Open() => new FileArtifactStore(Folder);

    /// <summary>The folder.</summary>
    /// <returns>Text for people.</returns>
    public override string ToString() => $"folder {Folder}";
}
