using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster slots</c>.</summary>
internal sealed class ClusterSlotsCommand : OneShotCommand
{
    private readonly SessionOptions _session = new();

    public ClusterSlotsCommand(CliStreams streams)
        : base("slots", "Lists slots, and which job uses each.", streams, "oneshot cluster slots --cluster redis://127.0.0.1:6379")
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var snapshot = await Look.AtAsync(_session.Resolve(parsed), session => session.Client.GetSchedulerAsync(context.Interrupt), context.Interrupt);
        var document = SlotListDocument.Of(snapshot);
        if (context.Json)
        {
            context.Write(document);
            return ExitCode.Done;
        }

        foreach (var slot in document.Slots)
        {
            context.Streams.Output.WriteLine($"{slot.Silo}  {slot.Slot,2}  {slot.Device,-7}  {slot.MemoryBytes >> 20,8} MiB  {slot.State,-6}  {slot.Job}");
        }

        if (document.Slots.Count == 0)
        {
            context.Say("No silo offers a slot: jobs wait. Start one with: oneshot serve --cluster ...");
        }

        return ExitCode.Done;
    }
}
