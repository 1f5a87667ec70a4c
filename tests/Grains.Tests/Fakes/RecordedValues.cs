using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;

namespace OrleansOneShot.Grains.Tests.Fakes;

/// <summary>What an instrument measured.</summary>
internal sealed class RecordedValues : IDisposable
{
    private readonly MeterListener _listener = new();

    /// <summary>Listens from now on.</summary>
    /// <param name="services">Whose meters.</param>
    /// <param name="name">The instrument's name.</param>
    public RecordedValues(IServiceProvider services, string name)
    {
        var factory = services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == name && instrument.Meter.Scope == factory)
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<double>((_, value, _, _) => Values.Enqueue(value));
        _listener.Start();
    }

    /// <summary>The values, oldest first.</summary>
    public ConcurrentQueue<double> Values { get; } = new();

    public void Dispose() => _listener.Dispose();
}
