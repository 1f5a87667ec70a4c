using System.CommandLine;
using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Contracts.Retention;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs collect</c>.</summary>
internal sealed class JobsCollectCommand : OneShotCommand
{
    private readonly SessionOptions _session = new();

    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only tells what would be removed." };

    public JobsCollectCommand(CliStreams streams)
        : base(
            "collect",
            "Removes photos and masks that no job has used for a day, what ended jobs have left behind, and models of the artifact store that no job names "
                + "and nobody has used for long (30 days, unless serve was given --keep-models); serve does so once a day.",
            streams,
            "oneshot jobs collect --dry-run"
        )
    {
        Options.Add(_dryRun);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var dryRun = parsed.GetValue(_dryRun);
        var report = await Look.AtAsync(_session.Resolve(parsed), session => session.Client.CollectAsync(dryRun, context.Interrupt), context.Interrupt);
        if (context.Json)
        {
            context.Write(new CollectionDocument(report.DryRun, report.Blobs, report.Files, report.Bytes, report.Models, report.Unlisted, report.Marks));
            return Ended(report);
        }

        if (report.Refusal is { } refusal)
        {
            context.Say(refusal);
            return Ended(report);
        }

        foreach (var path in report.Blobs.Concat(report.Files).Concat(report.Models))
        {
            context.Streams.Output.WriteLine(path);
        }

        var verb = report.DryRun ? "would be removed" : "removed";
        var marks =
            report.Marks == 0 ? ""
            : report.Marks == 1 ? " and the mark of an upload"
            : string.Create(CultureInfo.InvariantCulture, $" and the marks of {report.Marks:N0} uploads");
        context.Say(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{report.Blobs.Length + report.Files.Length + report.Models.Length} files, {report.Bytes:N0} bytes{marks} {verb}."
            )
        );
        return ExitCode.Done;
    }

    private static int Ended(CollectionReport report) => report is { Refusal: not null, DryRun: false } ? ExitCode.Failed : ExitCode.Done;
}
