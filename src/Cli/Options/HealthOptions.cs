using System.CommandLine;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Cli.Options;

/// <summary>When a silo of a cluster takes no jobs, and when a job that machines fail is given up.</summary>
internal sealed class HealthOptions
{
    private const long LargestMebibytes = 1L << 24;
    private const int MostSilos = 100;

    private static readonly SiloHealthOptions s_defaults = new();

    private readonly Option<long?> _minFree = NumberOptions.Whole(
        "--min-free",
        0,
        LargestMebibytes,
        $"MiB that must be free on the disk of the work folder for a cluster's silo to take jobs; 0 looks at nothing (default: "
            + $"{s_defaults.MinFreeBytes >> 20})."
    );

    private readonly Option<long?> _maxFaultySilos = NumberOptions.Whole(
        "--max-faulty-silos",
        1,
        MostSilos,
        $"Different silos whose machines must fail a job before it fails: a full disk, too little memory, a missing library (default: "
            + $"{s_defaults.MaxFaultySilos})."
    );

    /// <summary>Adds the options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        Option[] all = [_minFree, _maxFaultySilos];
        command.Add(all);
        command.RequireCluster(all, "a job fails at the first fault of the machine");
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>The options.</returns>
    public SiloHealthOptions Resolve(ParseResult parsed) =>
        new()
        {
            MinFreeBytes = parsed.GetValue(_minFree) is { } mebibytes ? mebibytes << 20 : s_defaults.MinFreeBytes,
            MaxFaultySilos = (int?)parsed.GetValue(_maxFaultySilos) ?? s_defaults.MaxFaultySilos,
        };
}
