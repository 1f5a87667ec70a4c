using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs logs</c>: the progress log, without working on the job.</summary>
internal sealed class JobsLogsCommand : OneShotCommand
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    private readonly JobArgument _id = new();

    private readonly Option<bool> _follow = new("--follow") { Description = "Goes on with what happens from now on, until the job has ended." };

    private readonly SessionOptions _session = new(server: true);

    public JobsLogsCommand(CliStreams streams)
        : base(
            "logs",
            "Shows a job's progress log: time, stage, step, losses, messages. With --format json, the lines of progress.jsonl.",
            streams,
            "oneshot jobs logs 20261123-121500-ab12cd34",
            "oneshot jobs logs 20261123-121500-ab12cd34 --follow --format json"
        )
    {
        Arguments.Add(_id);
        Options.Add(_follow);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <summary>An event as people read it.</summary>
    /// <param name="progress">The event.</param>
    /// <returns>One line.</returns>
    internal static string Line(ProgressEvent progress)
    {
        var step = progress.Steps > 0 ? FormattableString.Invariant($"{progress.Step}/{progress.Steps}") : "";
        var losses = string.Concat(progress.Terms.Select(term => FormattableString.Invariant($"  {term.Name} {term.Value:0.0000}")));
        var message = progress.Message is { } said ? $"  {(progress.IsWarning ? "warning: " : "")}{said}" : "";
        var preview = progress.Preview is { } path ? $"  preview {path}{PreviewText.Of(progress.Metrics)}" : "";
        return string.Create(CultureInfo.InvariantCulture, $"{progress.Time:yyyy-MM-dd HH:mm:ss}  {progress.Stage,-10}  {step,11}{losses}{message}{preview}")
            .TrimEnd();
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var id = parsed.GetRequiredValue(_id);
        var target = _session.Resolve(parsed);
        await using var session = await LastingSession.OpenAsync(target, SessionMode.Look, context.Interrupt);
        var log = new Log(context, parsed.GetValue(_follow), id);
        IJobStatus status;
        try
        {
            status = await session.AskAsync(log.ShowAsync, context.Interrupt);
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e))
        {
            throw await session.Current.ExplainAsync(e);
        }

        if (log.Follows && !status.State.IsFinal())
        {
            context.Say($"Nobody works on job {id} now; go on with: oneshot jobs watch {id}{target.AsOption()}");
        }

        return ExitCode.Done;
    }

    private sealed class Log(CommandContext context, bool follows, string id)
    {
        private long _next = 1;

        public bool Follows => follows;

        public async Task<IJobStatus> ShowAsync(IJobSession session, CancellationToken cancellationToken)
        {
            var job = session.GetJob(id);
            while (true)
            {
                var status = await job.GetStatusAsync(cancellationToken).WaitAsync(cancellationToken);

                // A silo of this process that only looks has nobody who would work on the job.
                var waits = follows && (session.Owner is not null || session.Target.Elsewhere is not null) && !status.State.IsFinal();
                if (_next <= status.LastSequence || waits)
                {
                    await ShowAsync(job.WatchAsync(_next, cancellationToken), waits ? null : status.LastSequence);
                }

                if (!waits)
                {
                    return status;
                }

                await Task.Delay(s_pause, cancellationToken);
            }
        }

        private async Task ShowAsync(IAsyncEnumerable<ProgressEvent> events, long? last)
        {
            await foreach (var progress in events)
            {
                _next = progress.Sequence + 1;
                context.Streams.Output.WriteLine(context.Json ? ProgressJson.ToLine(progress) : Line(progress));
                if (_next > last)
                {
                    return;
                }
            }
        }
    }
}
