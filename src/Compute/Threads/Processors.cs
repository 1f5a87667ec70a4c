using System.Globalization;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Threads;

/// <summary>The processors that this process may use.</summary>
/// <param name="Allowed">Numbers of the logical processors that it may run on (affinity, cpusets), one at least.</param>
/// <param name="Quota">Processors' worth of time that its control group is allowed, above 0; null without a limit.</param>
public sealed record Processors(IReadOnlyList<int> Allowed, double? Quota)
{
    /// <summary>Threads that can run at once: the processors, or the quota to the nearest whole number; 1 at least.</summary>
    public int Threads => Quota is { } quota ? Math.Clamp((int)Math.Round(quota, MidpointRounding.AwayFromZero), 1, Allowed.Count) : Allowed.Count;

    /// <summary>Reads what there is; of control groups version 1 and 2.</summary>
    /// <param name="root">The root folder; another one only in tests.</param>
    /// <returns>The processors; where the system tells nothing, those that the runtime believes in.</returns>
    public static Processors Read(string root = "/")
    {
        ArgumentNullException.ThrowIfNull(root);
        const string Field = "Cpus_allowed_list:";
        var line = ControlGroups.Lines(Path.Combine(root, "proc/self/status")).FirstOrDefault(l => l.StartsWith(Field, StringComparison.Ordinal));
        var allowed = line is null ? [] : Numbers(line[Field.Length..]);
        double[] quotas = [.. Quotas(root)];
        return new Processors(allowed.Length > 0 ? allowed : [.. Enumerable.Range(0, Environment.ProcessorCount)], quotas.Length > 0 ? quotas.Min() : null);
    }

    private static IEnumerable<double> Quotas(string root)
    {
        foreach (var (folder, isSecond) in ControlGroups.Of(root, "cpu"))
        {
            // "50000 100000" or "max 100000" in version 2; -1 without a limit in version 1.
            string[] parts = isSecond
                ? [.. ControlGroups.Lines(Path.Combine(folder, "cpu.max")).Take(1).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))]
                :
                [
                    .. ControlGroups.Lines(Path.Combine(folder, "cpu.cfs_quota_us")).Take(1),
                    .. ControlGroups.Lines(Path.Combine(folder, "cpu.cfs_period_us")).Take(1),
                ];
            if (
                parts is [var quota, var period]
                && long.TryParse(quota, NumberStyles.None, CultureInfo.InvariantCulture, out var allowed)
                && allowed > 0
                && long.TryParse(period, NumberStyles.None, CultureInfo.InvariantCulture, out var span)
                && span > 0
            )
            {
                yield return allowed / (double)span;
            }
        }
    }

    /// <summary>"0-2,5" as the kernel writes it; none if it is written otherwise.</summary>
    private static int[] Numbers(string list)
    {
        const int Most = 1 << 16;
        var numbers = new List<int>();
        foreach (var part in list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (
                ends.Length > 2
                || !int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || last < first
                || last >= Most
            )
            {
                return [];
            }

            numbers.AddRange(Enumerable.Range(first, last - first + 1));
        }

        return [.. numbers];
    }
}
