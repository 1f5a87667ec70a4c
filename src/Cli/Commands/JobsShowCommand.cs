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

    private readonly DataOption _data = new();

    public JobsShowCommand(CliStreams streams)
        : base("show", "Shows a job: state, files, metrics, warnings.", streams, "oneshot jobs show 20261123-121500-ab12cd34 --format json")
    {
        Arguments.Add(_id);
        Options.Add(_data);
        Options.Add(new FormatOption());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        await using var session = await JobSession.OpenAsync(_data.Resolve(parsed), SessionMode.Look, context.Interrupt);
        var status = await session.Client.GetImplantation(parsed.GetRequiredValue(_id)).GetStatusAsync(context.Interrupt);
        JobText.WriteResult(context, status, session.PublishedFolder(status));
        return ExitCode.Done;
    }
}
