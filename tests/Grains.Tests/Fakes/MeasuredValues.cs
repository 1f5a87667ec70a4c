using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>All that the meter's instruments measure, added up by labels; of what is observed, the value of now.</summary>
internal sealed class MeasuredValues : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<string, double> _told = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, double> _observed = new(StringComparer.Ordinal);

    /// <summary>Listens from now on.</summary>
    /// <param name="factory">Whose meters.</param>
    public MeasuredValues(IMeterFactory factory)
    {
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Name == OneShotInstruments.MeterName && instrument.Meter.Scope == factory)
            {
                Published.Enqueue(instrument.Name);
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Names of the instruments there were.</summary>
    public ConcurrentQueue<string> Published { get; } = new();

    /// <summary>Forgets what was told.</summary>
    public void Clear() => _told.Clear();

    /// <summary>The values, each as "name [unit] label=value: number", in order.</summary>
    /// <param name="observed">Whether those that are asked for are among them.</param>
    public IReadOnlyList<string> Read(bool observed = true)
    {
        _observed.Clear();
        if (observed)
        {
            _listener.RecordObservableInstruments();
        }

        return
        [
            .. _told
                .Concat(_observed)
                .Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key}: {Math.Round(pair.Value, 9)}"))
                .Order(StringComparer.Ordinal),
        ];
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $" {tag.Key}={tag.Value}");
        var key = $"{instrument.Name} [{instrument.Unit}]{string.Concat(labels)}";
        if (instrument.IsObservable)
        {
            _observed[key] = value;
        }
        else
        {
            _told.AddOrUpdate(key, value, (_, old) => old + value);
        }
    }
}
