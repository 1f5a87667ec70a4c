namespace OrleansOneShot.Grains.Training;

/// <summary>
/// A run's folder on the local disk, and beside it a file that is locked for as long as the process lives: a folder whose lock is free was left by a process
/// that was killed. Silos may share the folder around it.
/// </summary>
internal sealed class RunFolder : IDisposable
{
    private const string Extension = ".lock";
    private readonly FileStream _lock;

    private RunFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    /// <summary>Its path; the folder is there, and empty.</summary>
    public string Path { get; }

    /// <summary>Makes a folder.</summary>
    /// <param name="root">The folder around it.</param>
    /// <param name="name">Start of its name, for people.</param>
    /// <returns>The folder; disposing of it deletes it.</returns>
    /// <exception cref="IOException">It can't be made.</exception>
    public static RunFolder Create(string root, string name)
    {
        Directory.CreateDirectory(root);
        var path = System.IO.Path.Combine(root, $"{name}-{Guid.NewGuid():N}");
        var held = new FileStream(path + Extension, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        try
        {
            Directory.CreateDirectory(path);
            return new RunFolder(path, held);
        }
        catch
        {
            held.Dispose();
            File.Delete(path + Extension);
            throw;
        }
    }

    /// <summary>Deletes the folders of processes that are gone.</summary>
    /// <param name="root">The folder around them; it need not be there.</param>
    /// <returns>How many there were.</returns>
    public static int DeleteAbandoned(string root)
    {
        var deleted = 0;
        foreach (var file in Directory.Exists(root) ? Directory.GetFiles(root, "*" + Extension) : [])
        {
            try
            {
                using var free = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.None);
                new RunFolder(file[..^Extension.Length], free).Dispose();
                deleted++;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // In use, or another silo is just deleting it, or not ours to delete: the next start looks again.
            }
        }

        return deleted;
    }

    /// <summary>Deletes it.</summary>
    /// <exception cref="IOException">Something could not be deleted; a later start tries again.</exception>
    /// <exception cref="UnauthorizedAccessException">The same.</exception>
    public void Dispose()
    {
        using (_lock)
        {
            if (Directory.Exists(Path))
            {
                Directory.Delete(Path, recursive: true);
            }
        }

        File.Delete(Path + Extension);
    }
}
