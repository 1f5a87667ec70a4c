using System.Globalization;
using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Grains.Faults;

/// <summary>
/// The floor of free space under which a silo begins no job: one that starts there would only fail, at its first checkpoint or with its result.
/// </summary>
internal static class FreeSpace
{
    /// <summary>Looks at a folder's disk.</summary>
    /// <param name="folder">The folder; it need not be there yet.</param>
    /// <param name="floor">Bytes that must be free; 0: none.</param>
    /// <returns>What lacks, such as "its disk /srv has 120 MiB free (needs 1 GiB)"; null: nothing, or the system does not say.</returns>
    public static string? Lacks(string folder, long floor)
    {
        if (floor <= 0)
        {
            return null;
        }
        var there = Path.GetFullPath(folder);
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } parent)
        {
            there = parent;
        }
        return DiskRoom.Free(there) is { } free && free < floor ? $"its disk {there} has {Text(free)} free (needs {Text(floor)})" : null;
    }

    private static string Text(long bytes) =>
        bytes < 1L << 30
            ? string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MiB")
            : string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}
