using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Compute;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Recovery;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs recover</c>.</summary>
internal sealed class JobsRecoverCommand : OneShotCommand
{
    private const int MostNamed = 20;

    private readonly SessionOptions _session = new();

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tells which jobs would be listed again." };

    private readonly Option<bool> _moveDamaged = new("--move-damaged")
    {
        Description = "Moves the data folder's database aside first if it is damaged, under a name that says so; a sound one stays. Nothing is deleted.",
    };

    public JobsRecoverCommand(CliStreams streams)
        : base(
            "recover",
            "Lists finished jobs again whose results are stored, after the database or a cluster's Redis has lost them or was put back from an older backup; "
                + "all other jobs stay as they are.",
            streams,
            "oneshot jobs recover --dry-run",
            "oneshot jobs recover --move-damaged",
            "oneshot jobs recover --cluster redis://127.0.0.1:6379 --data /srv/oneshot"
        )
    {
        Options.Add(_dryRun);
        Options.Add(_moveDamaged);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var dryRun = parsed.GetValue(_dryRun);
        var target = _session.Resolve(parsed);
        if (parsed.GetValue(_moveDamaged))
        {
            MoveDamaged(context, target, dryRun);
        }

        var report = await Look.AtAsync(
            target,
            session => new JobsRecovery(session.Client, session.Store).RunAsync(dryRun, context.Interrupt),
            context.Interrupt
        );
        if (context.Json)
        {
            context.Write(new RecoveryDocument(report.DryRun, report.Recovered, report.Known, report.Unfinished, report.Failed, report.Lost));
        }
        else
        {
            Tell(context, report);
        }

        return report.Failed.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    private static void MoveDamaged(CommandContext context, SessionTarget target, bool dryRun)
    {
        if (target.Redis is not null || dryRun)
        {
            throw new InvalidInputException(
                $"--move-damaged goes with the database of a data folder, not with {(dryRun ? "--dry-run" : "--cluster")}.",
                "move-damaged",
                "Leave one of them out."
            );
        }

        // Whoever owns the folder now has opened the database, and so found it sound.
        using var held = OwnerLock.TryAcquire(target.Data);
        if (held is null)
        {
            context.Say("Another process works with the database, which is sound; it stays.");
        }
        else if (DatabaseCheck.MoveDamaged(target.Data, held.LeftOpen) is { } aside)
        {
            held.Withdraw();
            context.Say($"The damaged database is kept as {aside}.");
        }
        else
        {
            context.Say("The database is sound; it stays.");
        }
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
            context.Say($"{Jobs(report.Unfinished.Count)} had no result yet, and what was asked for is lost; submit anew: {Some(report.Unfinished)}.");
        }

        if (report.Lost.Count > 0)
        {
            context.Say(
                $"{Jobs(report.Lost.Count)} succeeded, but the store holds no result any more, since it was deleted after the backup or lost; jobs delete "
                    + $"takes such a job off the list: {Some(report.Lost)}."
            );
        }

        var verb = report.DryRun ? "would be recovered" : "recovered";
        context.Say($"{Jobs(report.Recovered.Count)} {verb}, {report.Known} known already, {report.Failed.Count} damaged.");
    }

    private static string Some(IReadOnlyList<string> ids) =>
        string.Join(", ", ids.Take(MostNamed)) + (ids.Count > MostNamed ? $" and {ids.Count - MostNamed} more" : "");

    private static string Jobs(int count) => count == 1 ? "1 job" : $"{count} jobs";
}
