using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Silos;

namespace OrleansOneShot.Cli.Commands;

/// <summary>A command that shows a part of what the scheduler knows: as a document, or as a line for each thing in it.</summary>
/// <typeparam name="T">The document.</typeparam>
internal abstract class SchedulerCommand<T> : OneShotCommand
{
    /// <summary>What is said where there is nothing to train on.</summary>
    protected const string NoSlots = "No silo offers a slot: jobs wait. Start one with: oneshot serve --cluster ...";

    private readonly SessionOptions _session = new(server: true);

    private readonly string _nothing;

    protected SchedulerCommand(string name, string description, string nothing, CliStreams streams)
        : base(
            name,
            description,
            streams,
            $"oneshot cluster {name} --cluster redis://127.0.0.1:6379",
            $"oneshot cluster {name} --server https://oneshot.example.org --key-file key"
        )
    {
        _nothing = nothing;
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var document = await Look.ApiAsync(_session.Resolve(parsed), client => AskAsync(client.Cluster, context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(document);
            return ExitCode.Done;
        }

        var lines = Lines(document).ToList();
        lines.ForEach(context.Streams.Output.WriteLine);
        if (lines.Count == 0)
        {
            context.Say(_nothing);
        }

        return ExitCode.Done;
    }

    /// <summary>Asks for the document.</summary>
    /// <param name="cluster">Whoever knows.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    protected abstract Task<T> AskAsync(IOneShotCluster cluster, CancellationToken cancellationToken);

    /// <summary>The document for people.</summary>
    /// <param name="document">The document.</param>
    protected abstract IEnumerable<string> Lines(T document);
}
