using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace OrleansOneShot.Cli.App.Systems;

/// <summary>Linux and macOS.</summary>
[UnsupportedOSPlatform("windows")]
internal sealed class UnixProcess : ProcessSystem
{
    private const nint Default = 0; // SIG_DFL
    private const nint Ignore = 1; // SIG_IGN

    // More than any system's struct sigaction, of which the handler comes first everywhere.
    private const int ActionBytes = 512;

    // SIGINT and SIGTERM, of one number everywhere.
    private static readonly int[] s_numbers = [2, 15];

    /// <inheritdoc/>
    public override IReadOnlyList<PosixSignal> StopSignals { get; } = [PosixSignal.SIGINT, PosixSignal.SIGTERM];

    /// <inheritdoc/>
    public override void PrepareConsole() { }

    /// <inheritdoc/>
    public override void RestoreIgnoredSignals()
    {
        foreach (var number in s_numbers)
        {
            var action = new byte[ActionBytes];
            if (Action(number, 0, action) == 0 && MemoryMarshal.Read<nint>(action) == Ignore)
            {
                _ = Signal(number, Default);
            }
        }
    }

    /// <inheritdoc/>
    public override void EndAtOnce(int code) => Exit(code);

    [DllImport("libc", EntryPoint = "sigaction")]
    private static extern int Action(int number, nint next, byte[] previous);

    [DllImport("libc", EntryPoint = "signal")]
    private static extern nint Signal(int number, nint handler);

    [DllImport("libc", EntryPoint = "_exit")]
    private static extern void Exit(int code);
}
