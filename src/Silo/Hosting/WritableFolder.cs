using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Hosting;

/// <summary>Tries a data folder out before anything is started in it.</summary>
public static class WritableFolder
{
    /// <summary>Creates the folder and requires that it can be written.</summary>
    /// <param name="data">The folder.</param>
    /// <exception cref="OneShotException">unavailable: it can't; the message names it and says why.</exception>
    public static void Require(DataFolder data)
    {
        ArgumentNullException.ThrowIfNull(data);
        try
        {
            data.Create();
            using var _ = new FileStream(
                Path.Combine(data.Root, $".writable-{Guid.NewGuid():N}"),
                new FileStreamOptions
                {
                    Mode = FileMode.CreateNew,
                    Access = FileAccess.Write,
                    Options = FileOptions.DeleteOnClose,
                }
            );
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"The data folder {data} can't be written: {DataFolderException.Reason(data, e)}.",
                    "data",
                    DataFolderException.Hint
                ),
                e
            );
        }
    }
}
