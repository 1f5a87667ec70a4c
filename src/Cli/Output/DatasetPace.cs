using System.Globalization;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Cli.Output;

/// <summary>How far a dataset run is, and how long the rest takes if it goes on as since this was made.</summary>
/// <param name="clock">The time.</param>
internal sealed class DatasetPace(TimeProvider clock)
{
    private long _since;
    private int _before;
    private DatasetRunStatus? _status;

    /// <summary>Time until the last item has ended; null when unknown.</summary>
    public TimeSpan? Left
    {
        get
        {
            // Items that fail at once say nothing of how long the others take.
            var made = _status is null ? 0 : _status.Counts.Succeeded - _before;
            return _status is { State: DatasetRunState.Running } && made > 0 ? clock.GetElapsedTime(_since) / made * Open : null;
        }
    }

    private int Open => _status is { } status ? status.Items - status.Counts.Succeeded - status.Counts.Failed - status.Counts.Cancelled : 0;

    /// <summary>Takes a status in.</summary>
    /// <param name="status">The run.</param>
    public void Observe(DatasetRunStatus status)
    {
        if (_status is null)
        {
            (_since, _before) = (clock.GetTimestamp(), status.Counts.Succeeded);
        }

        _status = status;
    }

    /// <summary>The end of a line: how many have ended, and what is left.</summary>
    public string Text()
    {
        if (_status is not { } status)
        {
            return "";
        }

        var left = Left is { } time && Open > 0 ? $", {StepRate.Text(time)} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $" ({status.Items - Open} of {status.Items}{left})");
    }
}
