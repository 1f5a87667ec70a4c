using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Documents.Datasets;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OrleansOneShot.Cli.Output;

/// <summary>Shows people how a dataset run goes on.</summary>
internal interface IDatasetDisplay : IDisposable
{
    /// <summary>Shows how the run is.</summary>
    /// <param name="status">The run.</param>
    void Show(DatasetRunStatus status);

    /// <summary>Shows that an item has ended.</summary>
    /// <param name="item">The item.</param>
    void Ended(DatasetItemStatus item);

    /// <summary>Says a sentence.</summary>
    /// <param name="sentence">The sentence.</param>
    void Say(string sentence);
}

/// <summary>Chooses how a dataset run is shown.</summary>
internal static class DatasetDisplay
{
    /// <summary>A live table on a terminal, else a line for each item that has ended.</summary>
    /// <param name="streams">Where to show it.</param>
    /// <returns>The display.</returns>
    public static IDatasetDisplay Create(CliStreams streams) => streams.Interactive ? new DatasetTable(streams.Error) : new DatasetLines(streams.Error);

    /// <summary>How an item has ended, in a line.</summary>
    /// <param name="item">The item.</param>
    internal static string Line(DatasetItemStatus item)
    {
        var likeness = item.Metrics?.Ia is { } ia ? string.Create(CultureInfo.InvariantCulture, $", IA {ia:0.000}") : "";
        return item.State switch
        {
            DatasetItemState.Succeeded => string.Create(CultureInfo.InvariantCulture, $"{item.Id}: done in {item.Seconds:0.0} s{likeness}"),
            DatasetItemState.Failed => $"{item.Id}: failed: {item.Error?.Message}",
            _ => $"{item.Id}: {item.State.ToString().ToLowerInvariant()}",
        };
    }
}

/// <summary>A dataset run as lines, for logs and pipes.</summary>
/// <param name="error">Where to write.</param>
internal sealed class DatasetLines(TextWriter error) : IDatasetDisplay
{
    private readonly DatasetPace _pace = new(TimeProvider.System);
    private string? _waiting;

    /// <inheritdoc/>
    public void Show(DatasetRunStatus status)
    {
        _pace.Observe(status);
        if (status.Waiting != _waiting && status.Waiting is { } reason)
        {
            error.WriteLine($"Waiting: {reason}");
        }

        _waiting = status.Waiting;
    }

    /// <inheritdoc/>
    public void Ended(DatasetItemStatus item) => error.WriteLine($"{DatasetDisplay.Line(item)}{_pace.Text()}");

    /// <inheritdoc/>
    public void Say(string sentence) => error.WriteLine(sentence);

    /// <inheritdoc/>
    public void Dispose() { }
}

/// <summary>A dataset run as a table that redraws itself on a terminal; items that have failed stay above it.</summary>
internal sealed class DatasetTable : IDatasetDisplay
{
    private static readonly TimeSpan s_redrawEvery = TimeSpan.FromMilliseconds(200);
    private readonly LiveTable _live;
    private readonly Lock _gate = new();
    private readonly DatasetPace _pace = new(TimeProvider.System);
    private DatasetRunStatus? _status;
    private string _last = "";

    public DatasetTable(TextWriter error) => _live = new LiveTable(error, s_redrawEvery, Render);

    /// <inheritdoc/>
    public void Show(DatasetRunStatus status)
    {
        lock (_gate)
        {
            _pace.Observe(status);
            _status = status;
        }
    }

    /// <inheritdoc/>
    public void Ended(DatasetItemStatus item)
    {
        lock (_gate)
        {
            _last = DatasetDisplay.Line(item);
        }

        if (item.State == DatasetItemState.Failed)
        {
            Say(DatasetDisplay.Line(item));
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
            if (_status is not { } status)
            {
                return new Text("Starting");
            }

            var (counts, left) = (status.Counts, _pace.Left is { } time ? StepRate.Text(time) : "");
            var table = new Table().Border(TableBorder.Rounded).AddColumns("State", "Done", "Running", "Waiting", "Failed", "Left");
            table.AddRow(
                status.State.ToString(),
                $"{Number(counts.Succeeded)}/{Number(status.Items)} {LiveTable.Bar(status.Counts.Succeeded + status.Counts.Failed, status.Items)}",
                Number(counts.Running),
                Number(status.Items - counts.Added() + counts.Waiting),
                Number(counts.Failed),
                left
            );
            var below = status.Waiting is { } reason ? $"Waiting: {reason}" : _last;
            return below.Length == 0 ? table : new Rows(table, new Text(below));
        }
    }

    private static string Number(int value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
