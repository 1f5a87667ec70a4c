using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset report</c>: writes a run's reports as it is now.</summary>
internal sealed class DatasetReportCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly OutOption _out = new();

    private readonly SessionOptions _session = new(server: true);

    public DatasetReportCommand(CliStreams streams)
        : base(
            "report",
            "Writes report.html, report.csv and report.jsonl of a run as it is now, also while it runs.",
            streams,
            "oneshot dataset report",
            "oneshot dataset report r-0a1b2c3d4e5f60718293a4b5c6d7e8f9 --out out/products"
        )
    {
        Arguments.Add(_run);
        Options.Add(_out);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        var records = new RunRecords(target.Data);
        var (id, record) = RunPlace.Require(records, target, parsed.GetValue(_run));
        var folder =
            _out.Resolve(parsed, record)
            ?? throw new InvalidInputException(
                $"Run {id} was begun on another machine, so the folder of its results is not known.",
                "out",
                "Give it with --out."
            );
        var (status, items) = await Look.JobsAsync(
            target,
            async session =>
            {
                var run = await RunPlace.FindAsync(session, id, context.Interrupt);
                return (await run.GetStatusAsync(context.Interrupt), await RunPlace.ListItemsAsync(run, cancellationToken: context.Interrupt));
            },
            context.Interrupt
        );
        var files = await ReportFiles.WriteAsync(folder, status, items, records.NotesOf(id).Read(), context.Interrupt);
        if (context.Json)
        {
            context.Write(new DatasetReportDocument(id, files));
            return ExitCode.Done;
        }

        foreach (var file in files)
        {
            context.Streams.Output.WriteLine(file);
        }

        return ExitCode.Done;
    }
}
