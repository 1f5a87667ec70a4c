using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster resume</c>.</summary>
internal sealed class ClusterResumeCommand : OneShotCommand
{
    private readonly SessionOptions _session = new(server: true);

    public ClusterResumeCommand(CliStreams streams)
        : base(
            "resume",
            "Takes a drain back: jobs get slots again. Silos that have begun to leave leave all the same; start them again.",
            streams,
            "oneshot cluster resume --cluster redis://127.0.0.1:6379",
            "oneshot cluster resume --server https://oneshot.example.org --key-file admin-key"
        )
    {
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        // When all silos have left, only Redis can be told.
        var document =
            (target.Redis is { } redis ? await ClusterClient.FindLeftAsync(JobSession.ClusterOf(redis), resume: true, context.Interrupt) : null)
            ?? await Look.ApiAsync(target, client => client.Cluster.ResumeAsync(context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(document);
        }

        context.Say(
            document.Silos.Count == 0
                ? "The cluster is drained no more. No silo is there: start them with oneshot serve --cluster ..."
                : "The cluster is drained no more: jobs get slots again."
        );
        return ExitCode.Done;
    }
}
