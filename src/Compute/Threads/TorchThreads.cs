using System.Globalization;
using OrleansOneShot.Compute.Torch;
using TorchSharp;

namespace OrleansOneShot.Compute.Threads;

/// <summary>The threads of this process's operations, before they are divided between its slots.</summary>
public static class TorchThreads
{
    private static int s_most = 1;
    private static int s_slots = 1;

    /// <summary>Threads of an operation of a large model with the process to itself; libtorch must be loaded.</summary>
    public static int Most
    {
        get
        {
            TorchRuntime.Initialise();
            return s_most;
        }
    }

    /// <summary>Jobs that this process runs on the processor at once, 1 or more.</summary>
    public static int Slots
    {
        get => Volatile.Read(ref s_slots);
        set => Volatile.Write(ref s_slots, Math.Max(1, value));
    }

    /// <summary>Threads of every operation, if someone has said so.</summary>
    public static int? Fixed => ThreadSettings.Current.Fixed;

    /// <summary>
    /// Jobs that the processor is worth at once: as many as leave each the threads that it would have alone, so that a job's bits don't depend on it.
    /// </summary>
    /// <param name="work">Floating point operations of a typical operation (<see cref="OperationWork"/>).</param>
    /// <returns>1 or more.</returns>
    public static int JobsAtOnce(double work) => Math.Max(1, Most / ThreadDivision.Of(work, Most, 1));

    /// <summary>What was chosen and why, in words.</summary>
    /// <returns>One sentence.</returns>
    public static string Describe() => Describe(ThreadSettings.Current, Most);

    /// <summary>What was chosen and why, in words.</summary>
    /// <param name="settings">What was settled before libtorch was loaded.</param>
    /// <param name="most">Threads of an operation of a large model.</param>
    internal static string Describe(ThreadSettings settings, int most)
    {
        var processors = settings.Processors.Allowed.Count;
        var there = string.Create(CultureInfo.InvariantCulture, $"{processors} {(processors == 1 ? "processor" : "processors")}");
        var quota = settings.Processors.Quota is { } allowed ? string.Create(CultureInfo.InvariantCulture, $", a quota of {allowed:0.##}") : "";
        var waiting = settings.WaitingBy is { } by ? $"idle threads wait as {by} says" : "idle threads sleep";
        if (settings.Fixed is { } count)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{count} an operation, as {settings.FixedBy} says ({there}{quota}); {waiting}");
        }

        var sharing = most > 1 ? "; slots of a silo divide them, and a small model takes 1" : "";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"up to {most} an operation ({there}{quota}{sharing}); {waiting}; {ThreadSettings.Variable}=N takes N"
        );
    }

    /// <summary>Takes libtorch's own choice, one a physical core, as the most; called when it has been loaded.</summary>
    internal static void Begin() => s_most = Fixed ?? Math.Max(1, Math.Min(torch.get_num_threads(), ThreadSettings.Current.Processors.Threads));
}
