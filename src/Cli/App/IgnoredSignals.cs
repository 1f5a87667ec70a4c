using System.Runtime.InteropServices;

namespace OrleansOneShot.Cli.App;

/// <summary>
/// Signals that this process was told to ignore before it began. A shell without job control starts background jobs so, and the runtime leaves such a signal alone: the program could not
/// be interrupted.
/// </summary>
internal static class IgnoredSignals
{
    private const int Interrupt = 2; // SIGINT
    private const int Terminate = 15; // SIGTERM
    private const nint Default = 0; // SIG_DFL
    private const nint Ignore = 1; // SIG_IGN

    // More than any system's struct sigaction, of which the handler comes first everywhere.
    private const int ActionBytes = 512;

    /// <summary>Takes SIGINT and SIGTERM out of their ignored state; what has a handler keeps it.</summary>
    public static void Restore()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var number in new[] { Interrupt, Terminate })
        {
            var action = new byte[ActionBytes];
            if (Action(number, 0, action) == 0 && MemoryMarshal.Read<nint>(action) == Ignore)
            {
                _ = Signal(number, Default);
            }
        }
    }

    [DllImport("libc", EntryPoint = "sigaction")]
    private static extern int Action(int number, nint next, byte[] previous);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint Signal(int number, nint handler);
}
