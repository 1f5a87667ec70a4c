using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster silos</c>.</summary>
internal sealed class ClusterSilosCommand : OneShotCommand
{
    private readonly SessionOptions _session = new();

    public ClusterSilosCommand(CliStreams streams)
        : base("silos", "Lists the silos that offer slots.", streams, "oneshot cluster silos --cluster redis://127.0.0.1:6379")
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var snapshot = await Look.AtAsync(_session.Resolve(parsed), session => session.Client.GetSchedulerAsync(context.Interrupt), context.Interrupt);
        var slots = SlotListDocument.Of(snapshot).Slots;
        var document = new SiloListDocument([.. slots.GroupBy(slot => slot.Silo).Select(silo => new SiloDocument(silo.Key, silo.Count(), silo.Count(slot => slot.State == "free")))]);
        if (context.Json)
        {
            context.Write(document);
            return ExitCode.Done;
        }

        foreach (var silo in document.Silos)
        {
            context.Streams.Output.WriteLine($"{silo.Address}  {silo.Slots} slots, {silo.Free} free");
        }

        if (document.Silos.Count == 0)
        {
            context.Say("No silo offers a slot: jobs wait. Start one with: oneshot serve --cluster ...");
        }

        return ExitCode.Done;
    }
}
