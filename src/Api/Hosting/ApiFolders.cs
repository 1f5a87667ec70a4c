namespace OrleansOneShot.Api.Hosting;

/// <summary>Where an API process keeps bytes of uploads until it knows that they are the right ones.</summary>
/// <param name="spool">A folder of this process alone; created when it is needed.</param>
public sealed class ApiFolders(string spool)
{
    /// <summary>A new file, gone once it is closed. Its name says nothing of the request.</summary>
    /// <returns>Opened for writing and reading.</returns>
    /// <exception cref="IOException">The disk is full or read-only.</exception>
    public FileStream CreateSpool()
    {
        Directory.CreateDirectory(spool);
        return new FileStream(
            Path.Combine(spool, Path.GetRandomFileName()),
            new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                Options = FileOptions.DeleteOnClose | FileOptions.Asynchronous,
            }
        );
    }
}
