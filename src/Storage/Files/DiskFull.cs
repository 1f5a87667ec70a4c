namespace OrleansOneShot.Storage.Files;

/// <summary>Tells a full disk from other errors, and says so in words.</summary>
internal static class DiskFull
{
    private const int NoSpace = 28; // ENOSPC
    private const int QuotaExceeded = 122; // EDQUOT on Linux
    private const int WindowsDiskFull = unchecked((int)0x80070070);
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027);

    /// <summary>Whether an error means that the disk, or the user's share of it, is full.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if it does.</returns>
    public static bool Is(IOException error) => error.HResult is NoSpace or QuotaExceeded or WindowsDiskFull or WindowsHandleDiskFull;

    /// <summary>The same error in a clear sentence.</summary>
    /// <param name="error">The error.</param>
    /// <param name="root">The store's folder.</param>
    /// <param name="path">What was to be written.</param>
    /// <returns>The error to throw.</returns>
    public static IOException Explain(IOException error, string root, string path) =>
        new($"The disk that holds {root} is full: {path} was not written. Free some space there and start again.", error) { HResult = error.HResult };
}
