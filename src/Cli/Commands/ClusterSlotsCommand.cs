using OrleansOneShot.Cli.App;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster slots</c>.</summary>
internal sealed class ClusterSlotsCommand(CliStreams streams)
    : SchedulerCommand<SlotListDocument>("slots", "Lists slots, and which job uses each.", NoSlots, streams)
{
    /// <inheritdoc/>
    protected override Task<SlotListDocument> AskAsync(IOneShotCluster cluster, CancellationToken cancellationToken) =>
        cluster.GetSlotsAsync(cancellationToken);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines(SlotListDocument document) =>
        document
            .Slots.Select(slot => $"{slot.Silo}  {slot.Slot,2}  {slot.Device,-7}  {slot.MemoryBytes >> 20,8} MiB  {slot.State,-8}  {slot.Job}".TrimEnd())
            .Concat(
                document
                    .Slots.Where(slot => slot.Reason is not null)
                    .DistinctBy(slot => slot.Silo)
                    .Select(slot => $"Silo {slot.Silo} takes no jobs: {slot.Reason!.TrimEnd('.')}.")
            );
}
