using OrleansOneShot.Cli.App;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster silos</c>.</summary>
internal sealed class ClusterSilosCommand(CliStreams streams)
    : SchedulerCommand<SiloListDocument>("silos", "Lists the silos that offer slots.", NoSlots, streams)
{
    /// <inheritdoc/>
    protected override Task<SiloListDocument> AskAsync(IOneShotCluster cluster, CancellationToken cancellationToken) =>
        cluster.GetSilosAsync(cancellationToken);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines(SiloListDocument document) =>
        document.Silos.Select(silo =>
            $"{silo.Address}  {silo.Slots} slots, {silo.Free} free{(silo.Reason is null ? "" : $"; takes no jobs: {silo.Reason.TrimEnd('.')}")}"
        );
}
