using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Silos;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot cluster drain</c>.</summary>
internal sealed class ClusterDrainCommand : OneShotCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_timeout = TimeSpan.FromMinutes(10);

    // A proxy may answer for one of several servers that leave.
    private const int MostFailures = 5;

    private readonly Option<string> _silo = new("--silo")
    {
        HelpName = "ADDRESS",
        Description = "Drains this silo alone, as oneshot cluster silos names it; others take its jobs. Default: the whole cluster, for an upgrade.",
    };

    private readonly DurationOption _timeout = new("--timeout", "How long to watch; the drain goes on after that (default: 10m).", TimeSpan.FromSeconds(1));

    private readonly SessionOptions _session = new(server: true);

    public ClusterDrainCommand(CliStreams streams)
        : base(
            "drain",
            "Ends all silos for an upgrade: jobs stop at a checkpoint and wait, new ones are taken and wait. Watches until all have left; Ctrl-C stops "
                + "watching and not the drain.",
            streams,
            "oneshot cluster drain --cluster redis://127.0.0.1:6379",
            "oneshot cluster drain --server https://oneshot.example.org --key-file admin-key",
            "oneshot cluster drain --cluster redis://127.0.0.1:6379 --silo 10.0.0.5:11111@154774680"
        )
    {
        this.Add(_silo, _timeout);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var (target, silo) = (_session.Resolve(parsed), parsed.GetValue(_silo));
        var document =
            (
                silo is null && target.Redis is { } redis
                    ? await ClusterClient.FindLeftAsync(JobSession.ClusterOf(redis), resume: false, context.Interrupt)
                    : null
            ) ?? await DrainAsync(target, silo, parsed.GetValue(_timeout) ?? s_timeout, context);
        if (context.Json)
        {
            context.Write(document);
        }

        context.Say(
            silo is null
                ? "All silos have left. Start those of the new version, or take it back with: oneshot cluster resume"
                : $"Silo {silo} has left; its jobs go on elsewhere."
        );
        return ExitCode.Done;
    }

    private static async Task<DrainDocument> DrainAsync(SessionTarget target, string? silo, TimeSpan timeout, CommandContext context)
    {
        await using var session = await LastingSession.OpenAsync(target, SessionMode.Look, context.Interrupt);
        var document = await AskAsync(
            session,
            cluster => silo is null ? cluster.DrainAsync(context.Interrupt) : cluster.DrainSiloAsync(silo, context.Interrupt),
            context.Interrupt
        );
        try
        {
            return await WatchAsync(session, document, silo, timeout, context);
        }
        catch (OperationCanceledException) when (context.Interrupt.IsCancellationRequested)
        {
            throw new InterruptedException(
                "Interrupted; the drain goes on.",
                silo is null ? "Watch it again with the same command, or take it back with: oneshot cluster resume" : "Watch it again with the same command."
            );
        }
    }

    private static async Task<DrainDocument> WatchAsync(LastingSession session, DrainDocument document, string? silo, TimeSpan timeout, CommandContext context)
    {
        var (began, failures, told) = (Stopwatch.GetTimestamp(), 0, "");
        while (silo is null ? document.Silos.Count > 0 : document.Silos.Contains(silo))
        {
            var left = timeout - Stopwatch.GetElapsedTime(began);
            var state = Describe(document);
            if (left <= TimeSpan.Zero)
            {
                throw new OneShotException(
                    new ErrorDetail(
                        ErrorCodes.Failed,
                        $"{(silo is null ? "The cluster" : $"Silo {silo}")} has not drained yet: {state}.",
                        "timeout",
                        "The drain goes on; watch it again with the same command."
                    )
                );
            }

            if (state != told)
            {
                told = state;
                context.Say($"Drains: {state}; {StepRate.Text(left)} left to watch.");
            }

            await Task.Delay(s_pause, context.Interrupt);
            try
            {
                document = await AskAsync(session, cluster => cluster.GetDrainAsync(context.Interrupt), context.Interrupt);
                failures = 0;
            }
            // A server leaves with the others, and nobody answers any more; it leaves when no job runs.
            catch (OneShotException e) when (e.Code == ErrorCodes.Unavailable && silo is null && session.Current.Target.Server is not null)
            {
                if (++failures == MostFailures)
                {
                    return document with { Running = 0, Silos = [] };
                }
            }
        }

        return document;
    }

    private static string Describe(DrainDocument document) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{Count(document.Silos.Count, "silo")} left, {Count(document.Running, "job")} running, {document.Waiting} waiting"
        );

    private static string Count(int number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number} {what}{(number == 1 ? "" : "s")}");

    private static async Task<DrainDocument> AskAsync(
        LastingSession session,
        Func<IOneShotCluster, Task<DrainDocument>> ask,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await session.AskAsync((current, gone) => ask(current.Api.Cluster).WaitAsync(gone), cancellationToken);
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e))
        {
            throw await session.Current.ExplainAsync(e);
        }
    }
}
