using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs watch</c>: follows a job to its end, and resumes it if nobody works on it.</summary>
internal sealed class JobsWatchCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly SessionOptions _session = new(server: true);

    public JobsWatchCommand(CliStreams streams)
        : base("watch", "Follows a job to its end; resumes it if nobody works on it.", streams, "oneshot jobs watch 20261123-121500-ab12cd34")
    {
        Arguments.Add(_id);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var session = await LastingSession.OpenAsync(_session.Resolve(parsed), SessionMode.Work, context.Interrupt);
        return await JobEnd.FollowAsync(context, session, id, null, watch: true);
    }
}
