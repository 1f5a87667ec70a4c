using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs show</c>.</summary>
internal sealed class JobsShowCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public JobsShowCommand(CliStreams streams)
        : base("show", "Shows a job: state, files, metrics, warnings.", streams, "oneshot jobs show 20261123-121500-ab12cd34 --format json")
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var (status, folder) = await Look.JobsAsync(
            _session.Resolve(parsed),
            async session =>
            {
                var found = await session.GetJob(id).GetStatusAsync(context.Interrupt);
                return (found, session.PublishedFolder(found));
            },
            context.Interrupt
        );
        JobText.WriteResult(context, status, folder);
        return ExitCode.Done;
    }
}
