using System.Runtime.InteropServices;

namespace OrleansOneShot.Storage.Files;

/// <summary>Makes names durable: on Unix a new name survives a power cut only once its folder is flushed too, which .NET has no call for.</summary>
internal static class DurableDirectory
{
    /// <summary>Creates a folder and those above it, each durable in the one that holds it.</summary>
    /// <param name="folder">The folder.</param>
    public static void Create(string folder)
    {
        if (Directory.Exists(folder))
            return;
        var parent = Path.GetDirectoryName(folder);
        if (parent is not null)
            Create(parent);
        Directory.CreateDirectory(folder);
        if (parent is not null)
            Flush(parent);
    }

    /// <summary>Flushes the names in a folder. Best effort: some file systems refuse, and the files themselves are flushed already.</summary>
    /// <param name="folder">The folder.</param>
    public static void Flush(string folder)
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
