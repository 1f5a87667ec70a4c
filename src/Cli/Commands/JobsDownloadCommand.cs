using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Cli.Sessions;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot jobs download</c>.</summary>
internal sealed class JobsDownloadCommand : OneShotCommand
{
    private readonly JobArgument _id = new();

    private readonly Option<string> _out = new("--out")
    {
        Description = "Folder that gets the result; files of the same names are replaced, others stay.",
        HelpName = "DIR",
        Required = true,
    };

    private readonly SessionOptions _session = new(server: true);

    public JobsDownloadCommand(CliStreams streams)
        : base("download", "Puts a job's result into a folder.", streams, "oneshot jobs download 20261123-121500-ab12cd34 --out out/cat")
    {
        Arguments.Add(_id);
        Options.Add(_out);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var folder = ResultFolder.Check(parsed.GetRequiredValue(_out));
        var target = _session.Resolve(parsed);
        var id = parsed.GetRequiredValue(_id);
        var status = await Look.JobsAsync(target, session => session.GetJob(id).GetStatusAsync(context.Interrupt), context.Interrupt);
        if (status.State != JobState.Succeeded)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"Job {status.Id} has published nothing: it is {status.State}.",
                    "id",
                    status.State.IsFinal() ? null : $"Wait for it with: oneshot jobs watch {status.Id}"
                )
            );
        }

        // Nobody who wants to work waits for this: of a data folder, only its files are needed.
        await using var server = target.Server?.Open();
        var results =
            server is null ? new ResultDownload(target.OpenStore())
            : status is GenerationStatus ? new ResultDownload(server.Generations.Results)
            : new ResultDownload(server.Implantations.Results);
        await results.RunAsync(status.Id, folder, status.Manifest, cancellationToken: context.Interrupt);
        JobText.WriteResult(context, status, folder);
        return ExitCode.Done;
    }
}
