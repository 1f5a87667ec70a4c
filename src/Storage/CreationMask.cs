using OrleansOneShot.Storage.Systems;

namespace OrleansOneShot.Storage;

/// <summary>
/// Who may read what this process creates. Photos are private, so everything is created for its owner alone, whatever library creates it; what a user asked to
/// be put somewhere follows the user's own mask, as with any other program.
/// </summary>
public static class CreationMask
{
    /// <summary>Creates files and folders of this process for their owner alone from now on. Not on Windows, where a user's folders are that already.</summary>
    public static void Restrict() => StorageSystem.Current.RestrictCreation();

    /// <summary>Creates a folder that a user named, and those above it, with the user's mask.</summary>
    /// <param name="folder">Its path.</param>
    /// <exception cref="IOException">It can't be created.</exception>
    public static void CreateUsersFolder(string folder)
    {
        var full = Path.GetFullPath(folder);
        var missing = new Stack<string>();
        for (var at = full; at is not null && !Directory.Exists(at); at = Path.GetDirectoryName(at))
        {
            missing.Push(at);
        }

        Directory.CreateDirectory(full);
        foreach (var made in missing)
        {
            GiveToUser(made);
        }
    }

    /// <summary>Gives a file, or a folder with all that lies in it, the mode that the user's mask leaves. Whatever had execution rights keeps none.</summary>
    /// <param name="path">What this process has created.</param>
    /// <exception cref="IOException">It can't be changed.</exception>
    public static void GiveToUser(string path)
    {
        var isFolder = Directory.Exists(path);
        StorageSystem.Current.GiveToUser(path, isFolder);
        if (!isFolder)
        {
            return;
        }

        foreach (var child in Directory.EnumerateFileSystemEntries(path))
        {
            GiveToUser(child);
        }
    }
}
