using System.CommandLine;
using OrleansOneShot.Cli.App;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster</c>.</summary>
internal sealed class ClusterCommand : Command
{
    public ClusterCommand(CliStreams streams)
        : base("cluster", "Shows silos, slots and the queue; drains a cluster for an upgrade.")
    {
        Add(new ClusterSilosCommand(streams));
        Add(new ClusterSlotsCommand(streams));
        Add(new ClusterQueueCommand(streams));
        Add(new ClusterDrainCommand(streams));
        Add(new ClusterResumeCommand(streams));
    }
}
