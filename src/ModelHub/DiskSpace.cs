using System.Globalization;
using OrleansOneShot.Common.Systems;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.ModelHub;

/// <summary>Checks for space before gigabytes are written.</summary>
internal static class DiskSpace
{
    // Left free beside the model: other jobs of the machine write as well.
    private const long Reserve = 256L << 20;

    /// <summary>Passes if a folder's disk has room.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <param name="bytes">What will be written.</param>
    /// <exception cref="ModelLackException">It has not (limit).</exception>
    public static void Require(string folder, long bytes)
    {
        var needed = bytes + Reserve;
        if (DiskRoom.Free(folder) is { } free && free < needed)
        {
            throw new ModelLackException(
                new ErrorDetail(
                    ErrorCodes.Limit,
                    string.Create(CultureInfo.InvariantCulture, $"The disk of {folder} has {free / 1e9:0.0} GB free; {needed / 1e9:0.0} GB are needed."),
                    "data",
                    "Free space, or name a folder on another disk."
                )
            );
        }
    }
}
