using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset list</c>.</summary>
internal sealed class DatasetListCommand : OneShotCommand
{
    private readonly SessionOptions _session = new(server: true);

    private readonly Option<long?> _limit = NumberOptions.Whole("--limit", 1, 10_000, "Most runs, the newest.", 100);

    public DatasetListCommand(CliStreams streams)
        : base("list", "Lists dataset runs, newest first.", streams, "oneshot dataset list", "oneshot dataset list --format json")
    {
        Options.Add(_limit);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        var most = (int)parsed.GetValue(_limit)!.Value;
        var runs = await Look.JobsAsync(target, session => RunPlace.ListAsync(session, most, context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            var records = new RunRecords(target.Data);
            context.Write(new DatasetRunListDocument([.. runs.Select(run => DatasetRunDocument.Of(run, records.Find(run.Id)?.Out, target.AsOption()))]));
            return ExitCode.Done;
        }

        runs.ForEach(run => context.Streams.Output.WriteLine(DatasetText.Line(run)));
        if (runs.Count == 0)
        {
            context.Say("There are no dataset runs.");
        }

        return ExitCode.Done;
    }
}
