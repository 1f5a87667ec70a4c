using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Documents.Progress;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansOneShot.Cli.Output;

/// <summary>Progress as a table that redraws itself on a terminal.</summary>
internal sealed class LiveDisplay : IProgressDisplay
{
    private static readonly TimeSpan s_redrawEvery = TimeSpan.FromMilliseconds(100);
    private readonly LiveTable _live;
    private readonly string? _store;
    private readonly Lock _gate = new();
    private readonly StepRate _rate = new();
    private ProgressEvent? _newest;
    private ImmutableArray<TermLoss> _losses = [];
    private string? _preview;

    public LiveDisplay(TextWriter error, string? store)
    {
        _store = store;
        _live = new LiveTable(error, s_redrawEvery, Render);
    }

    /// <inheritdoc/>
    public void Show(ProgressEvent progress)
    {
        lock (_gate)
        {
            _rate.Observe(progress);
            _newest = progress;
            _losses = progress.Terms is { IsEmpty: false } terms ? terms : _losses;
            _preview = PreviewText.Of(progress, _store) ?? _preview;
        }

        if (progress.Message is { } message)
        {
            Say(message);
        }
    }

    /// <inheritdoc/>
    public void Say(string sentence) => _live.Say(sentence);

    /// <inheritdoc/>
    public void Dispose() => _live.Dispose();

    private IRenderable Render()
    {
        lock (_gate)
        {
            if (_newest is not { } newest)
            {
                return new Text("Starting");
            }

            var losses = _losses.Select(term => string.Concat(char.ToUpperInvariant(term.Name[0]), term.Name[1..])).ToArray();
            var table = new Table().Border(TableBorder.Rounded).AddColumns(["Stage", "Step", .. losses, "Steps/s", "Left"]);
            table.AddRow([
                newest.Stage.ToString(),
                newest.Steps > 0 ? $"{newest.Step}/{newest.Steps} {LiveTable.Bar(newest.Step, newest.Steps)}" : "",
                .. _losses.Select(term => Number(term.Value, "0.0000")),
                Number(_rate.StepsPerSecond, "0.##"),
                _rate.Left(newest) is { } left ? StepRate.Text(left) : "",
            ]);
            return _preview is null ? table : new Rows(table, new Text(_preview));
        }
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";
}
