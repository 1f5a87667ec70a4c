namespace OrleansOneShot.Storage.Files;

/// <summary>Tells a folder that may not be written to from other errors, and says so in words.</summary>
internal static class ReadOnlyFolder
{
    private const int ReadOnlyFileSystem = 30; // EROFS
    private const int WindowsWriteProtected = unchecked((int)0x80070013);

    /// <summary>Whether an error means that the folder may not be written to.</summary>
    /// <param name="error">The error.</param>
    /// <returns>True if it does.</returns>
    public static bool Is(Exception error) => error is UnauthorizedAccessException or IOException { HResult: ReadOnlyFileSystem or WindowsWriteProtected };

    /// <summary>The same error in a clear sentence.</summary>
    /// <param name="error">The error.</param>
    /// <param name="root">The store's folder.</param>
    /// <param name="what">What was to be done, such as "write jobs/1/manifest.json".</param>
    /// <returns>The error to throw.</returns>
    public static ArtifactStoreException Explain(Exception error, string root, string what) =>
        new(
            ArtifactStoreFault.Denied,
            $"The folder {root} is read-only for this user: it can't {what}. Give the user permission to write there, or name another folder.",
            error
        );
}
