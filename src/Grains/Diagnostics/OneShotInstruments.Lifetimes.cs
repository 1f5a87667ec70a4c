using System.Diagnostics.Metrics;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>What is exported for a while only: as long as the scheduler lives here, and while the silo drains.</summary>
public sealed partial class OneShotInstruments
{
    /// <summary>The scheduler lives on this silo, until what is returned is disposed of: then its gauges are gone, and not merely still.</summary>
    /// <returns>The gauges.</returns>
    internal SchedulerGauges BeginScheduler() => new(NewMeter(), _options.Clock);

    /// <summary>This silo was asked to stop.</summary>
    /// <returns>Ends it, when all runs have ended.</returns>
    internal IDisposable BeginDrain()
    {
        var (clock, meter) = (_options.Clock, NewMeter());
        var (began, started) = (clock.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0, clock.GetTimestamp());
        new MeterOfTable(meter).Observe<double>(MetricTable.DrainStarted, () => [new Measurement<double>(began)]);
        return new Ending(() =>
        {
            _drainDuration.Record(clock.GetElapsedTime(started).TotalSeconds);
            meter.Dispose();
        });
    }

    // Meters of the factory live as long as the process. One that is disposed of takes its series with it: an exporter goes on showing the last value of a
    // gauge that is merely not observed any more.
    private Meter NewMeter() => new(new MeterOptions(MeterName) { Scope = _meters });

    private sealed class Ending(Action end) : IDisposable
    {
        private Action? _end = end;

        public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
    }
}
