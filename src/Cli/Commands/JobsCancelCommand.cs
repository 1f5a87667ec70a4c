using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs cancel</c>.</summary>
internal sealed class JobsCancelCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public JobsCancelCommand(CliStreams streams)
        : base("cancel", "Ends a job without result.", streams, "oneshot jobs cancel 20261123-121500-ab12cd34")
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var status = await Look.JobsAsync(_session.Resolve(parsed), session => session.CancelAsync(id, context.Interrupt), context.Interrupt);
        if (status.State != JobState.Cancelled)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Conflict, $"Job {status.Id} can't be cancelled any more: it has {status.State.ToString().ToLowerInvariant()}.", "id")
            );
        }

        JobText.WriteResult(context, status, null);
        return ExitCode.Done;
    }
}
