using System.Runtime.InteropServices;

namespace OrleansOneShot.Storage.Files;

/// <summary>
/// Gives a file a second name, which must not exist: the one step of Unix file systems, NFS among them, that exactly one of several processes wins. <see cref="File.Move(string, string)"/>
/// is not: it looks for the target first and renames then.
/// </summary>
internal static class HardLink
{
    private const int Exists = 17; // EEXIST on Linux and macOS

    /// <summary>Links.</summary>
    /// <param name="file">The file.</param>
    /// <param name="name">Its new name.</param>
    /// <returns>True if the name is this file's now; false if it was there; null if the file system has no hard links.</returns>
    public static bool? TryCreate(string file, string name)
    {
        if (OperatingSystem.IsWindows())
            return null;
        return Link(file, name) == 0 ? true : Marshal.GetLastPInvokeError() == Exists ? false : null;
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);
}
