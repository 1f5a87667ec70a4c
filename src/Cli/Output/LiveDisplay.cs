using System.Globalization;
using OrleansOneShot.Documents.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansOneShot.Cli.Output;

/// <summary>Progress as a table that redraws itself on a terminal.</summary>
internal sealed class LiveDisplay : IProgressDisplay
{
    private static readonly TimeSpan s_redrawEvery = TimeSpan.FromMilliseconds(100);
    private readonly IAnsiConsole _console;
    private readonly string? _store;
    private readonly Lock _gate = new();
    private readonly StepRate _rate = new();
    private readonly Task _drawing;
    private readonly CancellationTokenSource _end = new();
    private ProgressEvent? _newest;
    private TermLosses? _losses;
    private string? _preview;

    public LiveDisplay(TextWriter error, string? store)
    {
        _store = store;
        _console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        _drawing = _console.Live(new Text("Starting")).AutoClear(false).StartAsync(DrawAsync);
    }

    /// <inheritdoc/>
    public void Show(ProgressEvent progress)
    {
        lock (_gate)
        {
            _rate.Observe(progress);
            _newest = progress;
            _losses = progress.Losses ?? _losses;
            _preview = PreviewText.Of(progress, _store) ?? _preview;
        }

        if (progress.Message is { } message)
        {
            Say(message);
        }
    }

    /// <inheritdoc/>
    public void Say(string sentence)
    {
        // The padding wipes what the table left on this line.
        _console.WriteLine(sentence.PadRight(Math.Max(0, _console.Profile.Width - 1)));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_end.IsCancellationRequested)
        {
            return;
        }

        _end.Cancel();
        _drawing.GetAwaiter().GetResult();
        _end.Dispose();
    }

    private async Task DrawAsync(LiveDisplayContext context)
    {
        while (!_end.IsCancellationRequested)
        {
            context.UpdateTarget(Render());
            await Task.Delay(s_redrawEvery, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        context.UpdateTarget(Render());
    }

    private IRenderable Render()
    {
        lock (_gate)
        {
            if (_newest is not { } newest)
            {
                return new Text("Starting");
            }

            var table = new Table().Border(TableBorder.Rounded).AddColumns("Stage", "Step", "Global", "Object", "Class", "Steps/s", "Left");
            table.AddRow(
                newest.Stage.ToString(),
                newest.Steps > 0 ? $"{newest.Step}/{newest.Steps} {Bar(newest)}" : "",
                Number(_losses?.Global, "0.0000"),
                Number(_losses?.Object, "0.0000"),
                Number(_losses?.Class, "0.0000"),
                Number(_rate.StepsPerSecond, "0.##"),
                _rate.Left(newest) is { } left ? StepRate.Text(left) : ""
            );
            return _preview is null ? table : new Rows(table, new Text(_preview));
        }
    }

    private static string Bar(ProgressEvent progress)
    {
        const int Width = 20;
        var done = Math.Clamp(progress.Step * Width / progress.Steps, 0, Width);
        return new string('█', done) + new string('░', Width - done);
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
