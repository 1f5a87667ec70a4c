using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset cancel</c>: pauses a run.</summary>
internal sealed class DatasetCancelCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly SessionOptions _session = new(server: true);

    public DatasetCancelCommand(CliStreams streams)
        : base(
            "cancel",
            "Pauses a run: nothing more is begun, and jobs that run are cancelled at a checkpoint. dataset resume goes on.",
            streams,
            "oneshot dataset cancel"
        )
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
            async session =>
            {
                var run = await RunPlace.FindAsync(session, id, context.Interrupt);
                await run.CancelAsync(context.Interrupt);
                return await run.WaitAsync(context.Interrupt);
            },
            context.Interrupt
        );
        if (status.State != DatasetRunState.Cancelled)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Conflict, $"Run {id} can't be cancelled any more: it has finished.", "RUN"));
        }

        if (context.Json)
        {
            context.Write(DatasetRunDocument.Of(status, record?.Out, target.AsOption()));
        }
        else
        {
            DatasetText.WriteRun(context.Streams.Output, status, record?.Out, target.AsOption());
        }

        context.Say($"Go on with: oneshot dataset resume {id}{target.AsOption()}");
        return ExitCode.Done;
    }
}
