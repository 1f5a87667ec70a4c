using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Threads;

/// <summary>Time that some processors and this process have worked, at one moment.</summary>
/// <param name="At">The moment, in seconds of a clock that only goes on.</param>
/// <param name="Busy">Seconds that the processors have worked for anyone, added up.</param>
/// <param name="Own">Seconds of these that were this process's.</param>
internal sealed record ProcessorTime(double At, double Busy, double Own)
{
    // USER_HZ: what /proc counts in on every Linux that .NET runs on.
    private const double TicksASecond = 100;

    /// <summary>Reads the times.</summary>
    /// <param name="allowed">The processors that count.</param>
    /// <param name="root">The root folder; another one only in tests.</param>
    /// <returns>The times; null where the system does not tell.</returns>
    public static ProcessorTime? Read(IReadOnlyList<int> allowed, string root = "/")
    {
        var wanted = allowed.Select(number => string.Create(CultureInfo.InvariantCulture, $"cpu{number}")).ToHashSet();
        var ticks = 0L;
        var found = false;
        foreach (var line in ControlGroups.Lines(Path.Combine(root, "proc/stat")))
        {
            // cpuN user nice system idle iowait irq softirq ...
            var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 8 || !wanted.Contains(parts[0]))
            {
                continue;
            }

            foreach (var field in new[] { 1, 2, 3, 6, 7 })
            {
                found |= long.TryParse(parts[field], NumberStyles.None, CultureInfo.InvariantCulture, out var value);
                ticks += value;
            }
        }

        return found && (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS())
            ? new ProcessorTime(Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency, ticks / TicksASecond, Environment.CpuUsage.TotalTime.TotalSeconds)
            : null;
    }

    /// <summary>Processors that others have kept busy since an earlier moment.</summary>
    /// <param name="earlier">The earlier moment.</param>
    /// <returns>0 or more; 1.5 is one and a half processors.</returns>
    public double OthersSince(ProcessorTime earlier)
    {
        var span = At - earlier.At;
        return span <= 0 ? 0 : Math.Max(0, (Busy - earlier.Busy - (Own - earlier.Own)) / span);
    }
}
