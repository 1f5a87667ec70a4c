using System.CommandLine;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Options;

/// <summary>Where jobs are: the data folder of this machine, or a cluster.</summary>
internal sealed class SessionOptions
{
    public DataOption Data { get; } = new();

    public ClusterOption Cluster { get; } = new();

    /// <summary>Adds both options to a command.</summary>
    /// <param name="command">The command.</param>
    public void AddTo(Command command)
    {
        command.Options.Add(Data);
        command.Options.Add(Cluster);
    }

    /// <summary>What was given.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Where jobs are.</returns>
    public SessionTarget Resolve(ParseResult parsed) => new(Data.Resolve(parsed), Cluster.Resolve(parsed), parsed.GetValue(Cluster));
}
