using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansOneShot.Storage.Systems;

/// <summary>Linux and macOS, whose C libraries agree in all that is called here.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixStorage : StorageSystem
{
    private const UnixFileMode UserOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const int OthersMask = 0x3F; // 077
    private const int FileBits = 0x1B6; // 0666
    private const int FolderBits = 0x1FF; // 0777
    private const int Exists = 17; // EEXIST

    // The user's mask; negative until the process has taken its own.
    private int _users = -1;

    /// <inheritdoc/>
    /// <remarks>
    /// Unix file systems have it, NFS among them. <see cref="File.Move(string, string)"/> is no such step: it looks for the target first and renames then.
    /// </remarks>
    public override bool? TryLink(string file, string name) =>
        Link(file, name) == 0 ? true
        : Marshal.GetLastPInvokeError() == Exists ? false
        : null;

    /// <inheritdoc/>
    /// <remarks>A new name survives a power cut only once its folder is flushed too, which .NET has no call for.</remarks>
    public override void FlushFolder(string folder)
    {
        var handle = Open(folder, 0);
        if (handle < 0)
        {
            return;
        }

        _ = Sync(handle);
        _ = Close(handle);
    }

    /// <inheritdoc/>
    public override void CreatePrivately(string folder) => Directory.CreateDirectory(folder, UserOnly);

    /// <inheritdoc/>
    public override void CloseToOthers(string path)
    {
        if (Path.Exists(path) && File.GetUnixFileMode(path) is var mode && (mode & ~UserOnly) != 0)
        {
            File.SetUnixFileMode(path, mode & UserOnly);
        }
    }

    /// <inheritdoc/>
    public override void RestrictCreation()
    {
        if (_users < 0)
        {
            // mode_t has 16 bits on macOS; what the register holds above them is nobody's.
            _users = SetMask(OthersMask) & FolderBits;
        }
    }

    /// <inheritdoc/>
    public override void GiveToUser(string path, bool isFolder)
    {
        if (_users >= 0)
        {
            File.SetUnixFileMode(path, (UnixFileMode)((isFolder ? FolderBits : FileBits) & ~_users));
        }
    }

    /// <inheritdoc/>
    public override bool CanName(ReadOnlySpan<char> name) => true;

    [DllImport("libc", EntryPoint = "link", SetLastError = true, CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string file, [MarshalAs(UnmanagedType.LPUTF8Str)] string name);

    [DllImport("libc", EntryPoint = "open", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    private static extern int Sync(int handle);

    [DllImport("libc", EntryPoint = "close")]
    private static extern int Close(int handle);

    [DllImport("libc", EntryPoint = "umask")]
    private static extern int SetMask(int mask);
}
