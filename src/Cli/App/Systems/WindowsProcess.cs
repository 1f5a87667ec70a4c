using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;

namespace OrleansOneShot.Cli.App.Systems;

/// <summary>Windows.</summary>
[SupportedOSPlatform("windows")]
internal sealed class WindowsProcess : ProcessSystem
{
    private const nint Self = -1; // what GetCurrentProcess gives

    /// <summary>
    /// Ctrl-C, Ctrl-Break, and the system that shuts down. A window that is closed ends its programs within seconds whatever they do: the next start goes on
    /// from the last checkpoint.
    /// </summary>
    public override IReadOnlyList<PosixSignal> StopSignals { get; } = [PosixSignal.SIGINT, PosixSignal.SIGQUIT, PosixSignal.SIGTERM];

    /// <summary>A console has a code page of its own, which lacks most of what prompts and names may hold.</summary>
    public override void PrepareConsole()
    {
        try
        {
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }
        catch (IOException)
        {
            // There is no console.
        }
    }

    /// <inheritdoc/>
    public override void RestoreIgnoredSignals()
    {
        // A group of processes that was started without Ctrl-C: SetConsoleCtrlHandler(null, false) gives it back.
        _ = SetHandler(0, add: false);
    }

    /// <inheritdoc/>
    public override void EndAtOnce(int code) => _ = Terminate(Self, (uint)code);

    [DllImport("kernel32", EntryPoint = "SetConsoleCtrlHandler", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool SetHandler(nint handler, [MarshalAs(UnmanagedType.Bool)] bool add);

    [DllImport("kernel32", EntryPoint = "TerminateProcess", ExactSpelling = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static extern bool Terminate(nint process, uint code);
}
