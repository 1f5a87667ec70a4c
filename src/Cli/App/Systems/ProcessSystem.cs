using System.Runtime.InteropServices;

namespace OrleansOneShot.Cli.App.Systems;

/// <summary>What the program asks of the operating system about its own process. Chosen here and nowhere else.</summary>
internal abstract class ProcessSystem
{
    /// <summary>That of the system which runs.</summary>
    public static ProcessSystem Current { get; } = OperatingSystem.IsWindows() ? new WindowsProcess() : new UnixProcess();

    /// <summary>The signals by which people and systems ask a program to stop.</summary>
    public abstract IReadOnlyList<PosixSignal> StopSignals { get; }

    /// <summary>Makes the console show and pass on all that the program writes. Comes before the first word.</summary>
    public abstract void PrepareConsole();

    /// <summary>
    /// Takes the signals that ask to stop out of the ignored state in which this process may have begun; what has a handler keeps it. A shell without job
    /// control starts background jobs so, and the runtime leaves such a signal alone: the program could not be interrupted.
    /// </summary>
    public abstract void RestoreIgnoredSignals();

    /// <summary>Ends the process at once, without unloading anything.</summary>
    /// <param name="code">The exit code.</param>
    public abstract void EndAtOnce(int code);
}
