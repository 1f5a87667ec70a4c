using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Storage.Systems;

/// <summary>
/// Windows. A user's folders are that user's alone by what they inherit, and NTFS writes names through its journal, so neither rights nor flushed folders need
/// a call.
/// </summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsStorage : StorageSystem
{
    private const int FileExists = 80; // ERROR_FILE_EXISTS
    private const int AlreadyExists = 183; // ERROR_ALREADY_EXISTS

    /// <inheritdoc/>
    public override bool? TryLink(string file, string name) =>
        CreateHardLink(name, file, 0) ? true
        : Marshal.GetLastPInvokeError() is FileExists or AlreadyExists ? false
        : null;

    /// <inheritdoc/>
    public override void FlushFolder(string folder) { }

    /// <inheritdoc/>
    public override void CreatePrivately(string folder) => Directory.CreateDirectory(folder);

    /// <inheritdoc/>
    public override void CloseToOthers(string path) { }

    /// <inheritdoc/>
    public override void RestrictCreation() { }

    /// <inheritdoc/>
    public override void GiveToUser(string path, bool isFolder) { }

    /// <inheritdoc/>
    public override bool CanName(ReadOnlySpan<char> name) => !WindowsNames.IsDevice(name);

    [DllImport("kernel32", EntryPoint = "CreateHardLinkW", SetLastError = true, CharSet = CharSet.Unicode, ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool CreateHardLink(string name, string file, nint security);
}
