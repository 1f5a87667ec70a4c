using System.CommandLine;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Datasets;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Cli.Output;

namespace OrleansOneShot.Cli.Commands;

/// <summary><c>oneshot dataset resume</c>: goes on with a run wherever it stopped, and follows it to its end.</summary>
internal sealed class DatasetResumeCommand : OneShotCommand
{
    private readonly RunArgument _run = new();

    private readonly OutOption _out = new();

    private readonly SessionOptions _session = new(server: true);

    public DatasetResumeCommand(CliStreams streams)
        : base(
            "resume",
            "Goes on with a run that was interrupted, killed or cancelled, and follows it to its end.",
            streams,
            "oneshot dataset resume",
            "oneshot dataset resume r-0a1b2c3d4e5f60718293a4b5c6d7e8f9 --server https://oneshot.example.org --key-file key"
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
        var (id, record) = RunPlace.Choose(records, target, parsed.GetValue(_run));
        var folder = _out.Resolve(parsed, record);
        await using var work = await RunWork.OpenAsync(context, target, records, record);
        if (id is null)
        {
            record = await work.CreateAsync(record!);
            id = record.Id!;
        }

        var status = await work.AskAsync(id, (run, token) => run.GetStatusAsync(token));
        using var display = DatasetDisplay.Create(context.Streams);
        var fill = await PrepareAsync(context, work, record, isFull: status.Counts.Added() >= status.Items, display);
        await work.AskAsync(id, (run, token) => run.ResumeAsync(token));
        return await work.FollowAsync(id, folder, display, fill, isNew: false);
    }

    private static async Task<Func<CancellationToken, Task>> PrepareAsync(
        CommandContext context,
        RunWork work,
        RunRecord? record,
        bool isFull,
        IDatasetDisplay display
    )
    {
        if (isFull)
        {
            return _ => Task.CompletedTask;
        }

        if (record is null)
        {
            display.Say("Items are missing that only the machine which began the run can add.");
            return _ => Task.CompletedTask;
        }

        var model = work.OpenModel(record);
        var items = await RunSource.ReadAsync(context, record, model);
        return token => work.FillAsync(record, model, items, again: false, display, token);
    }
}
