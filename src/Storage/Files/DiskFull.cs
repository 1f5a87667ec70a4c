using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Storage.Files;

/// <summary>Tells a full disk from other errors, and says so in words.</summary>
internal static class DiskFull
{
    /// <summary>Whether an error means that the disk, or the user's share of it, is full.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if it does.</returns>
    public static bool Is(IOException error) => FileErrors.IsDiskFull(error);

    /// <summary>The same error in a clear sentence.</summary>
    /// <param name="error">The error.</param>
    /// <param name="root">The store's folder.</param>
    /// <param name="path">What was to be written.</param>
    /// <returns>The error to throw.</returns>
    public static IOException Explain(IOException error, string root, string path) =>
        new($"The disk that holds {root} is full: {path} was not written. Free some space there and start again.", error) { HResult = error.HResult };
}
