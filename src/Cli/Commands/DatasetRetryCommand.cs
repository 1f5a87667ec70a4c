using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset retry</c>: runs what has failed again, and nothing else.</summary>
internal sealed class DatasetRetryCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly OutOption _out = new();

    private readonly SessionOptions _session = new(server: true);

    public DatasetRetryCommand(CliStreams streams)
        : base(
            "retry",
            "Runs the items of a run again that have failed, and no others. Their photos, masks and lines are read again, as they were mended.",
            streams,
            "oneshot dataset retry",
            "oneshot dataset retry r-0a1b2c3d4e5f60718293a4b5c6d7e8f9"
        )
    {
        Arguments.Add(_run);
        Options.Add(_out);
        _session.AddTo(this);
        Options.Add(FormatOption.Create());
    }

    /// <inheritdoc/>
    protected override async Task<int> RunAsync(ParseResult parsed, CommandContext context)
    {
        var target = _session.Resolve(parsed);
        var records = new RunRecords(target.Data);
        var (id, record) = RunPlace.Require(records, target, parsed.GetValue(_run));
        var folder = _out.Resolve(parsed, record);
        await using var work = await RunWork.OpenAsync(context, target, records, record);
        using var display = DatasetDisplay.Create(context.Streams);
        if (record is null)
        {
            display.Say("The run was begun on another machine, so its photos are not read again.");
        }
        else
        {
            var model = work.OpenModel(record);
            await work.FillAsync(record, model, await RunSource.ReadAsync(context, record, model), again: true, display, context.Interrupt);
        }

        await work.AskAsync(id, (run, token) => run.RetryAsync(token));
        return await work.FollowAsync(id, folder, display, _ => Task.CompletedTask, isNew: false);
    }
}
