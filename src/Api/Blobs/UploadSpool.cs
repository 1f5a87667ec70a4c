namespace OrleansOneShot.Api.Blobs;

/// <summary>Where an API process keeps bytes of uploads until it knows that they are the right ones.</summary>
/// <param name="folder">A folder of this process alone; created when it is needed.</param>
internal sealed class UploadSpool(string folder)
{
    /// <summary>A new file, gone once it is closed. Its name says nothing of the request.</summary>
    /// <returns>Opened for writing and reading.</returns>
    /// <exception cref="IOException">The disk is full or read-only.</exception>
    public FileStream Create()
    {
        Directory.CreateDirectory(folder);
        return new FileStream(
            Path.Combine(folder, Path.GetRandomFileName()),
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
