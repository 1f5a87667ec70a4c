using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset items</c>.</summary>
internal sealed class DatasetItemsCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly Option<string?> _state = new("--state") { Description = "Only items in this state.", HelpName = "STATE" };

    private readonly SessionOptions _session = new(server: true);

    public DatasetItemsCommand(CliStreams streams)
        : base("items", "Lists a run's items: state, attempts, error, job.", streams, "oneshot dataset items", "oneshot dataset items --state failed")
    {
        Arguments.Add(_run);
        _state.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0 && !TryParse(result.Tokens[0].Value, out _))
            {
                result.AddError($"--state must be one of {Wording.List(Enum.GetNames<DatasetItemState>())}, but is '{result.Tokens[0].Value}'.");
            }
        });
        Options.Add(_state);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        var (id, _) = RunPlace.Require(new RunRecords(target.Data), target, parsed.GetValue(_run));
        var query = new DatasetItemQuery { State = TryParse(parsed.GetValue(_state), out var state) ? state : null };
        var items = await Look.JobsAsync(
            target,
            async session => await RunPlace.ListItemsAsync(await RunPlace.FindAsync(session, id, context.Interrupt), query, context.Interrupt),
            context.Interrupt
        );
        if (context.Json)
        {
            context.Write(new DatasetItemListDocument(id, items));
            return ExitCode.Done;
        }

        items.ForEach(item => context.Streams.Output.WriteLine(DatasetText.Line(item)));
        if (items.Count == 0)
        {
            context.Say(query.State is null ? "No item was added yet." : "There are no such items.");
        }

        return ExitCode.Done;
    }

    private static bool TryParse(string? text, out DatasetItemState state) =>
        Enum.TryParse(text, ignoreCase: true, out state) && Enum.IsDefined(state) && !char.IsAsciiDigit(text![0]);
}
