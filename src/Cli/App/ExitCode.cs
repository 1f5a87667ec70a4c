namespace OrleansOneShot.Cli.App;

/// <summary>What the process says to its caller.</summary>
internal static class ExitCode
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>It was tried and failed.</summary>
    public const int Failed = 1;

    /// <summary>Bad input or usage; nothing was written to the output folder.</summary>
    public const int BadInput = 2;

    /// <summary>The job was cancelled.</summary>
    public const int Cancelled = 3;

    /// <summary>Whoever holds the jobs can't be reached.</summary>
    public const int NotReachable = 4;

    /// <summary>Ended by Ctrl-C or a request to terminate.</summary>
    public const int Interrupted = 130;
}
