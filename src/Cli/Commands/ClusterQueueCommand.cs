using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster queue</c>.</summary>
internal sealed class ClusterQueueCommand : OneShotCommand
{
    private readonly SessionOptions _session = new();

    public ClusterQueueCommand(CliStreams streams)
        : base("queue", "Lists waiting jobs, in the order in which they will start.", streams, "oneshot cluster queue --cluster redis://127.0.0.1:6379")
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var snapshot = await Look.AtAsync(_session.Resolve(parsed), session => session.Client.GetSchedulerAsync(context.Interrupt), context.Interrupt);
        var document = new QueueDocument([.. snapshot.Queue.Select(entry => new QueueEntryDocument(entry.JobId, entry.Owner, entry.Priority, entry.Enqueued))]);
        if (context.Json)
        {
            context.Write(document);
            return ExitCode.Done;
        }

        foreach (var entry in document.Queue)
        {
            context.Streams.Output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{entry.Id}  {entry.Owner}  {entry.Priority,4}  {entry.Enqueued:yyyy-MM-dd HH:mm:ss}"));
        }

        if (document.Queue.Count == 0)
        {
            context.Say("No job waits.");
        }

        return ExitCode.Done;
    }
}
