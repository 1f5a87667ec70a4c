using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset status</c>.</summary>
internal sealed class DatasetStatusCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly SessionOptions _session = new(server: true);

    public DatasetStatusCommand(CliStreams streams)
        : base("status", "Shows how far a run is.", streams, "oneshot dataset status", "oneshot dataset status r-0a1b2c3d4e5f60718293a4b5c6d7e8f9")
    {
        Arguments.Add(_run);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        var (id, record) = RunPlace.Require(new RunRecords(target.Data), target, parsed.GetValue(_run));
        var status = await Look.JobsAsync(
            target,
            async session => await (await RunPlace.FindAsync(session, id, context.Interrupt)).GetStatusAsync(context.Interrupt),
            context.Interrupt
        );
        if (context.Json)
        {
            context.Write(DatasetRunDocument.Of(status, record?.Out, target.AsOption()));
        }
        else
        {
            DatasetText.WriteRun(context.Streams.Output, status, record?.Out, target.AsOption());
        }

        return ExitCode.Done;
    }
}
