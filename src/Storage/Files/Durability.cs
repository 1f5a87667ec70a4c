using OrleansOneShot.Storage.Systems;

namespace OrleansOneShot.Storage.Files;

/// <summary>
/// What makes files and their names survive a power cut. A seam: that something was flushed shows in no file, so a test has to be told.
/// </summary>
internal class Durability
{
    /// <summary>The operating system's.</summary>
    public static Durability System { get; } = new();

    /// <summary>Flushes a file's bytes to the disk.</summary>
    /// <param name="file">An open file.</param>
    public virtual void FlushFile(FileStream file) => file.Flush(flushToDisk: true);

    /// <summary>Flushes the names in a folder, as far as the system needs it and can.</summary>
    /// <param name="folder">The folder; one that is gone is left alone.</param>
    public virtual void FlushFolder(string folder) => StorageSystem.Current.FlushFolder(folder);
}
