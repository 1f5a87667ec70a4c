using System.Globalization;

namespace OrleansOneShot.Compute.Torch;

/// <summary>Memory that this process may use at most: the machine's, or what its control group (a container, a systemd unit) is allowed, whichever is less.</summary>
public static class MachineMemory
{
    private const string Groups = "sys/fs/cgroup";

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
        Lines(Path.Combine(root, "proc/meminfo")).Where(line => line.StartsWith("MemTotal:", StringComparison.Ordinal)).Select(ProcessMemory.Kilobytes);

    private static IEnumerable<long> GroupLimits(string root)
    {
        foreach (var line in Lines(Path.Combine(root, "proc/self/cgroup")))
        {
            // "0::/a/b" of version 2, "4:memory,other:/a/b" of version 1.
            if (line.Split(':', 3) is not [_, var controllers, var group])
            {
                continue;
            }

            if (controllers.Length == 0)
            {
                foreach (var mount in (string[])[Groups, Groups + "/unified"])
                {
                    foreach (var limit in Limits(Path.Combine(root, mount), group, "memory.max"))
                    {
                        yield return limit;
                    }
                }
            }
            else if (controllers.Split(',').Contains("memory"))
            {
                foreach (var limit in Limits(Path.Combine(root, Groups, "memory"), group, "memory.limit_in_bytes"))
                {
                    yield return limit;
                }
            }
        }
    }

    /// <summary>Limits of a group and of those that it is in. Inside a container the path may be the host's: then there is only the mount itself.</summary>
    private static IEnumerable<long> Limits(string mount, string group, string file)
    {
        var folder = mount;
        foreach (var part in group.Split('/', StringSplitOptions.RemoveEmptyEntries).Prepend(""))
        {
            folder = Path.Combine(folder, part);
            // "max" is no number.
            if (Lines(Path.Combine(folder, file)) is [var text, ..] && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit))
            {
                yield return limit;
            }
        }
    }

    private static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
