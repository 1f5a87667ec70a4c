using System.Globalization;
using OrleansOneShot.Cli.App;
using OrleansOneShot.Common;

namespace OrleansOneShot.Cli.Output;

/// <summary>How far a transfer is, on stderr: a line that renews itself on a terminal, else a line each tenth.</summary>
/// <param name="streams">Where to show it.</param>
/// <param name="prefix">Stands before it.</param>
internal sealed class PullDisplay(CliStreams streams, string prefix = "") : IProgress<TransferProgress>
{
    private static readonly TimeSpan s_renewal = TimeSpan.FromMilliseconds(200);
    private readonly Lock _gate = new();
    private TimeSpan _shown = TimeSpan.MinValue;
    private long _tenth = -1;

    /// <inheritdoc/>
    public void Report(TransferProgress value)
    {
        lock (_gate)
        {
            var tenth = value.Total == 0 ? 10 : value.Bytes * 10 / value.Total;
            var isDue = streams.Interactive ? value.Elapsed - s_renewal > _shown || value.Bytes == value.Total : tenth > _tenth;
            if (!isDue)
            {
                return;
            }

            _shown = value.Elapsed;
            _tenth = tenth;
            var left = value.Left is { } time && value.Bytes < value.Total ? $", {StepRate.Text(time)} left" : "";
            var text = string.Create(CultureInfo.InvariantCulture, $"{prefix}{value.Bytes / 1e6:0.0} of {value.Total / 1e6:0.0} MB{left}");
            if (!streams.Interactive)
            {
                streams.Error.WriteLine(text);
            }
            else if (value.Bytes == value.Total)
            {
                streams.Error.WriteLine($"\r{text,-60}");
            }
            else
            {
                streams.Error.Write($"\r{text,-60}");
            }
        }
    }
}
