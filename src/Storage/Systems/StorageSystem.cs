namespace OrleansOneShot.Storage.Systems;

/// <summary>What the store and the data folder ask of the operating system beyond .NET's own files. Chosen here and nowhere else.</summary>
internal abstract class StorageSystem
{
    /// <summary>That of the system which runs.</summary>
    public static StorageSystem Current { get; } = OperatingSystem.IsWindows() ? new WindowsStorage() : new UnixStorage();

    /// <summary>Gives a file a second name, which must not exist: a step that exactly one of several processes wins.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its new name, on the same disk.</param>
    /// <returns>True if the name is this file's now; false if it was there; null if the file system has no hard links.</returns>
    public abstract bool? TryLink(string file, string name);

    /// <summary>Flushes the names in a folder to the disk. Best effort: some file systems refuse, and the files themselves are flushed already.</summary>
    /// <param name="folder">The folder; one that is gone is left alone.</param>
    public abstract void FlushFolder(string folder);

    /// <summary>Creates a folder, and those above it, for this user alone.</summary>
    /// <param name="folder">The folder; one that is there stays as it is.</param>
    /// <exception cref="IOException">It can't be created.</exception>
    /// <exception cref="UnauthorizedAccessException">This user may not.</exception>
    public abstract void CreatePrivately(string folder);

    /// <summary>Takes the rights of others from a file or a folder.</summary>
    /// <param name="path">What need not be there.</param>
    /// <exception cref="IOException">It can't be changed.</exception>
    /// <exception cref="UnauthorizedAccessException">It is another user's.</exception>
    public abstract void CloseToOthers(string path);

    /// <summary>Creates files and folders of this process for their owner alone from now on.</summary>
    public abstract void RestrictCreation();

    /// <summary>
    /// Gives a file, or a folder without what lies in it, the rights that it had been created with but for <see cref="RestrictCreation"/>; a file none to be
    /// executed.
    /// </summary>
    /// <param name="path">What this process has created.</param>
    /// <param name="isFolder">Whether it is a folder.</param>
    /// <exception cref="IOException">It can't be changed.</exception>
    public abstract void GiveToUser(string path, bool isFolder);

    /// <summary>Whether a file or a folder can be called so.</summary>
    /// <param name="name">One part of a path: ASCII letters, digits, '-', '_' and '.', not '.' at its end.</param>
    /// <returns>True if so.</returns>
    public abstract bool CanName(ReadOnlySpan<char> name);
}
