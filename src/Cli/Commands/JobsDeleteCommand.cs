using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs delete</c>.</summary>
internal sealed class JobsDeleteCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public JobsDeleteCommand(CliStreams streams)
        : base("delete", "Deletes an ended job with all its files.", streams, "oneshot jobs delete 20261123-121500-ab12cd34")
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        IJobStatus? before = null;
        var status = await Look.JobsAsync(
            _session.Resolve(parsed),
            async session =>
            {
                // Asked again of the next owner, it may be gone already.
                before ??= await session.GetJob(id).GetStatusAsync(context.Interrupt);
                await session.DeleteAsync(before, context.Interrupt);
                return before;
            },
            context.Interrupt
        );
        JobText.WriteResult(context, status, null);
        return ExitCode.Done;
    }
}
