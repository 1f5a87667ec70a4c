using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Silo.Recovery;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs recover</c>.</summary>
internal sealed class JobsRecoverCommand : OneShotCommand
{
    private const int MostNamed = 20;

    private readonly SessionOptions _session = new();

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tells which jobs would be listed again." };

    public JobsRecoverCommand(CliStreams streams)
        : base(
            "recover",
            "Lists finished jobs again whose results are stored, after the database or a cluster's Redis has lost them; jobs that are listed stay as they are.",
            streams,
            "oneshot jobs recover --dry-run",
            "oneshot jobs recover --cluster redis://127.0.0.1:6379 --data /srv/oneshot")
    {
        Options.Add(_dryRun);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var dryRun = parsed.GetValue(_dryRun);
        var report = await Look.AtAsync(
            _session.Resolve(parsed), session => new JobsRecovery(session.Client, session.Store).RunAsync(dryRun, context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(new RecoveryDocument(report.DryRun, report.Recovered, report.Known, report.Unfinished, report.Failed));
        }
        else
        {
            Tell(context, report);
        }

        return report.Failed.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void Tell(CommandContext context, RecoveryReport report)
    {
        foreach (var id in report.Recovered)
        {
            context.Streams.Output.WriteLine(id);
        }

        foreach (var job in report.Failed.Take(MostNamed))
        {
            context.Say($"Job {job.Id} can't be recovered: {job.Reason}");
        }

        if (report.Failed.Count > MostNamed)
        {
            context.Say($"And {report.Failed.Count - MostNamed} more; --format json names all.");
        }

        if (report.Unfinished.Count > 0)
        {
            var more = report.Unfinished.Count > MostNamed ? $" and {report.Unfinished.Count - MostNamed} more" : "";
            context.Say($"{Jobs(report.Unfinished.Count)} had no result yet, and what was asked for is lost; submit anew: {string.Join(", ", report.Unfinished.Take(MostNamed))}{more}.");
        }

        var verb = report.DryRun ? "would be recovered" : "recovered";
        context.Say($"{Jobs(report.Recovered.Count)} {verb}, {report.Known} known already, {report.Failed.Count} damaged.");
    }

    private static string Jobs(int count) => count == 1 ? "1 job" : $"{count} jobs";
}
