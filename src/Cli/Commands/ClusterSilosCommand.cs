using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster silos</c>.</summary>
internal sealed class ClusterSilosCommand(CliStreams streams)
    : SchedulerCommand<SiloListDocument>("silos", "Lists the silos that offer slots.", NoSlots, streams)
{
    /// <inheritdoc/>
    protected override SiloListDocument Show(SchedulerSnapshot snapshot) =>
        new([
            .. SlotListDocument
                .Of(snapshot)
                .Slots.GroupBy(slot => slot.Silo)
                .Select(silo => new SiloDocument(silo.Key, silo.Count(), silo.Count(slot => slot.State == "free"), silo.First().Reason)),
        ]);

    /// <inheritdoc/>
    protected override IEnumerable<string> Lines(SiloListDocument document) =>
        document.Silos.Select(silo =>
            $"{silo.Address}  {silo.Slots} slots, {silo.Free} free{(silo.Reason is null ? "" : $"; takes no jobs: {silo.Reason.TrimEnd('.')}")}"
        );
}
