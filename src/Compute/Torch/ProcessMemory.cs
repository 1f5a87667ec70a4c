using System.Globalization;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Resident memory of this process, as Linux counts it: mapped models as far as they are read, heaps, libraries.</summary>
/// <param name="folder">The process's folder of /proc; another one only in tests.</param>
public sealed class ProcessMemory(string folder = "/proc/self")
{
    private readonly string _status = Path.Combine(folder, "status");
    private readonly string _reset = Path.Combine(folder, "clear_refs");

    /// <summary>Memory now.</summary>
    /// <returns>Bytes; 0 where the system does not tell.</returns>
    public long Resident() => Field("VmRSS:");

    /// <summary>The most since the process began or <see cref="TryResetPeak"/>.</summary>
    /// <returns>Bytes; 0 where the system does not tell.</returns>
    public long Peak() => Field("VmHWM:");

    /// <summary>Lets the peak begin anew.</summary>
    /// <returns>False where the process may not: a hardened container, or a kernel without the file.</returns>
    public bool TryResetPeak()
    {
        try
        {
            // Only ever written to; without the file there is no such right.
            if (!File.Exists(_reset))
            {
                return false;
            }

            File.WriteAllText(_reset, "5");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>The bytes of a line such as "VmRSS:     1660 kB".</summary>
    /// <param name="line">The line.</param>
    /// <returns>Bytes; 0 if it is none.</returns>
    internal static long Kilobytes(string line) =>
        line.Split((char[])[' ', '\t', ':'], StringSplitOptions.RemoveEmptyEntries) is [_, var number, ..]
        && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value << 10
            : 0;

    private long Field(string name)
    {
        try
        {
            return File.Exists(_status)
                ? File.ReadLines(_status).Where(line => line.StartsWith(name, StringComparison.Ordinal)).Select(Kilobytes).FirstOrDefault()
                : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
