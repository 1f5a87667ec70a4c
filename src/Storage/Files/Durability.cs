using System.Runtime.InteropServices;

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

    /// <summary>
    /// Flushes the names in a folder: on Unix a new name survives a power cut only once its folder is flushed too, which .NET has no call for. Best effort: some file systems refuse, and
    /// the files themselves are flushed already.
    /// </summary>
    /// <param name="folder">The folder; one that is gone is left alone.</param>
    public virtual void FlushFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;
        var handle = Open(folder, 0);
        if (handle < 0)
            return;
        _ = Sync(handle);
        _ = Close(handle);
    }

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);
}
