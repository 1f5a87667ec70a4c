using System.Globalization;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Memory that this process may use at most: the machine's, or what its control group (a container, a systemd unit) is allowed, whichever is less.
/// </summary>
public static class MachineMemory
{
    /// <summary>Reads the limits, of version 1 and 2 of control groups.</summary>
    /// <param name="root">The root folder; another one only in tests.</param>
    /// <returns>Bytes, above 0. Where the system tells nothing: what the runtime believes.</returns>
    public static long Capacity(string root = "/")
    {
        ArgumentNullException.ThrowIfNull(root);
        var limits = Total(root).Concat(GroupLimits(root)).Where(limit => limit > 0).ToList();
        return limits.Count > 0 ? limits.Min() : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
    }

    private static IEnumerable<long> Total(string root) =>
        ControlGroups
            .Lines(Path.Combine(root, "proc/meminfo"))
            .Where(line => line.StartsWith("MemTotal:", StringComparison.Ordinal))
            .Select(ProcessMemory.Kilobytes);

    private static IEnumerable<long> GroupLimits(string root)
    {
        foreach (var (folder, isSecond) in ControlGroups.Of(root, "memory"))
        {
            // "max" is no number.
            if (
                ControlGroups.Lines(Path.Combine(folder, isSecond ? "memory.max" : "memory.limit_in_bytes")) is [var text, ..]
                && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            )
            {
                yield return limit;
            }
        }
    }
}
