namespace OrleansOneShot.Common.Systems;

/// <summary>Names that mean devices on Windows, whatever folder they stand in and whatever ending follows them, so that no file can be called so.</summary>
public static class WindowsNames
{
    private static readonly string[] s_devices = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

    /// <summary>Whether a file or a folder can't have a name there.</summary>
    /// <param name="name">One part of a path.</param>
    /// <returns>True if it means a device.</returns>
    public static bool IsDevice(ReadOnlySpan<char> name)
    {
        var stem = name[..(name.IndexOf('.') is >= 0 and var dot ? dot : name.Length)].TrimEnd(' ');
        foreach (var device in s_devices)
        {
            if (stem.Equals(device, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return stem.Length == 4
            && char.IsAsciiDigit(stem[3])
            && (stem.StartsWith("com", StringComparison.OrdinalIgnoreCase) || stem.StartsWith("lpt", StringComparison.OrdinalIgnoreCase));
    }
}
