using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Compute.Torch;
using TorchSharp;

namespace OrleansOneShot.Compute.Threads;

/// <summary>The threads of this process's operations, before they are divided between its jobs.</summary>
public static class TorchThreads
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);
    private static readonly Lock Gate = new();
    private static ProcessorTime? s_before;
    private static double s_others;
    private static int s_most = 1;

    /// <summary>Threads of an operation of a large model with the machine to itself; libtorch must be loaded.</summary>
    public static int Most
    {
        get
        {
            TorchRuntime.Initialise();
            return s_most;
        }
    }

    /// <summary>Threads of every operation, if someone has said so.</summary>
    public static int? Fixed => ThreadSettings.Current.Fixed;

    /// <summary>What was chosen and why, in words.</summary>
    /// <returns>One sentence, or two.</returns>
    public static string Describe() => Describe(ThreadSettings.Current, Most, Measure());

    /// <summary>What was chosen and why, in words.</summary>
    /// <param name="settings">What was settled before libtorch was loaded.</param>
    /// <param name="most">Threads of an operation of a large model.</param>
    /// <param name="others">Processors that other programs keep busy.</param>
    internal static string Describe(ThreadSettings settings, int most, double others)
    {
        var processors = settings.Processors.Allowed.Count;
        var there = string.Create(CultureInfo.InvariantCulture, $"{processors} {(processors == 1 ? "processor" : "processors")}");
        var quota = settings.Processors.Quota is { } allowed ? string.Create(CultureInfo.InvariantCulture, $", a quota of {allowed:0.##}") : "";
        var waiting = settings.WaitingBy is { } by ? $"idle threads wait as {by} says" : "idle threads sleep";
        if (settings.Fixed is { } count)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{count} an operation, as {settings.FixedBy} says ({there}{quota}); {waiting}");
        }

        var free = ThreadDivision.Free(most, settings.Processors.Threads, others);
        var busy = others >= 0.1 ? string.Create(CultureInfo.InvariantCulture, $", of which other programs keep {others:0.0} busy") : "";
        var sharing = most > 1 ? "; jobs of a process share them, and a small model takes 1" : "";
        return string.Create(CultureInfo.InvariantCulture, $"up to {free} an operation ({there}{quota}{busy}{sharing}); {waiting}; {ThreadSettings.Variable}=N takes N");
    }

    /// <summary>Takes libtorch's own choice, one a physical core, as the most; called when it has been loaded.</summary>
    internal static void Begin()
    {
        s_most = Fixed ?? Math.Max(1, Math.Min(torch.get_num_threads(), ThreadSettings.Current.Processors.Threads));
        s_before = ProcessorTime.Read(ThreadSettings.Current.Processors.Allowed);
    }

    /// <summary>Threads that other programs leave to this process.</summary>
    internal static int Free() => ThreadDivision.Free(Most, ThreadSettings.Current.Processors.Threads, Measure());

    /// <summary>Processors that other programs keep busy; measured over a second at least, and until then what it was before.</summary>
    private static double Measure()
    {
        lock (Gate)
        {
            if (s_before is { } before && Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency - before.At >= Window.TotalSeconds
                && ProcessorTime.Read(ThreadSettings.Current.Processors.Allowed) is { } now)
            {
                s_others = now.OthersSince(before);
                s_before = now;
            }

            return s_others;
        }
    }
}
