namespace OrleansOneShot.Common.Systems;

/// <summary>
/// What the numbers mean that systems give with an error of a file. .NET hands them on as they are: Windows' are HRESULTs, so all can be told in one list.
/// </summary>
public static class FileErrors
{
    private const int LinuxWouldBlock = 11; // EWOULDBLOCK
    private const int MacWouldBlock = 35; // EWOULDBLOCK
    private const int WindowsSharing = unchecked((int)0x80070020);
    private const int WindowsLock = unchecked((int)0x80070021);
    private const int NoSpace = 28; // ENOSPC on Linux and macOS
    private const int LinuxQuota = 122; // EDQUOT
    private const int MacQuota = 69; // EDQUOT
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);
    private const int Exists = 17; // EEXIST on Linux and macOS
    private const int WindowsExists = unchecked((int)0x800700B7);
    private const int WindowsFileExists = unchecked((int)0x80070050);

    /// <summary>Whether somebody else has the file open in a way that keeps this process out.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if so.</returns>
    public static bool IsHeld(Exception error) => error is IOException { HResult: LinuxWouldBlock or MacWouldBlock or WindowsSharing or WindowsLock };

    /// <summary>Whether the disk, or the user's share of it, is full.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if so.</returns>
    public static bool IsDiskFull(Exception error) =>
        error is IOException { HResult: NoSpace or LinuxQuota or MacQuota or WindowsDiskFull or WindowsHandleDiskFull };

    /// <summary>Whether something with that name is there already.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if so.</returns>
    public static bool IsExisting(Exception error) => error is IOException { HResult: Exists or WindowsExists or WindowsFileExists };
}
