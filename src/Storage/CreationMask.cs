using System.Runtime.InteropServices;

namespace OrleansOneShot.Storage;

/// <summary>
/// Who may read what this process creates. Photos are private, so everything is created for its owner alone, whatever library creates it; what a user asked to be put somewhere follows the
/// user's own mask, as with any other program.
/// </summary>
public static class CreationMask
{
    private const int OthersMask = 0x3F; // 077
    private const int FileBits = 0x1B6; // 0666
    private const int FolderBits = 0x1FF; // 0777

    // The user's mask; negative until the process has taken its own.
    private static int s_users = -1;

    /// <summary>Creates files and folders of this process for their owner alone from now on. Not on Windows, where a user's folders are that already.</summary>
    public static void Restrict()
    {
        if (!OperatingSystem.IsWindows() && s_users < 0)
        {
            s_users = Set(OthersMask);
        }
    }

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
        if (OperatingSystem.IsWindows() || s_users < 0)
        {
            return;
        }

        if (!Directory.Exists(path))
        {
            File.SetUnixFileMode(path, (UnixFileMode)(FileBits & ~s_users));
            return;
        }

        File.SetUnixFileMode(path, (UnixFileMode)(FolderBits & ~s_users));
        foreach (var child in Directory.EnumerateFileSystemEntries(path))
        {
            GiveToUser(child);
        }
    }

    [DllImport("libc", EntryPoint = "umask")]
    private static extern int Set(int mask);
}
