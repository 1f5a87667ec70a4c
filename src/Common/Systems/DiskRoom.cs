namespace OrleansOneShot.Common.Systems;

/// <summary>Free space of the disk that holds a folder.</summary>
public static class DiskRoom
{
    /// <summary>What this user may still write.</summary>
    /// <param name="folder">A folder that exists.</param>
    /// <returns>Bytes; null where the system does not say, as of a network folder without a drive letter on Windows.</returns>
    public static long? Free(string folder)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
