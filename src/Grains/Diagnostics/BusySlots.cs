using System.Diagnostics.Metrics;

namespace OrleansOneShot.Grains.Diagnostics;

/// <summary>Adds up how long slots work, by device, also of what has not ended yet.</summary>
internal sealed class BusySlots
{
    private const string None = "cpu";

    private readonly TimeProvider _clock;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Device> _devices = new(StringComparer.Ordinal);

    /// <summary>Begins at zero.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="devices">Devices of the silo's slots.</param>
    public BusySlots(TimeProvider clock, IEnumerable<string> devices)
    {
        _clock = clock;
        foreach (var device in devices)
        {
            _devices[device] = new Device(clock.GetTimestamp());
        }
    }

    /// <summary>A slot begins to work.</summary>
    /// <param name="device">Its device; null: not known.</param>
    /// <returns>Ends it.</returns>
    public IDisposable Begin(string? device)
    {
        Add(device ?? None, 1);
        return new Work(this, device ?? None);
    }

    /// <summary>The sums, in seconds.</summary>
    /// <returns>One for each device.</returns>
    public IEnumerable<Measurement<double>> Observe()
    {
        lock (_lock)
        {
            return
            [
                .. _devices.Select(device => new Measurement<double>(device.Value.Settle(_clock), new KeyValuePair<string, object?>("device", device.Key))),
            ];
        }
    }

    private void Add(string device, int by)
    {
        lock (_lock)
        {
            if (!_devices.TryGetValue(device, out var known))
            {
                _devices.Add(device, known = new Device(_clock.GetTimestamp()));
            }
            known.Settle(_clock);
            known.Working += by;
        }
    }

    private sealed class Device(long since)
    {
        private double _seconds;
        private long _since = since;

        public int Working { get; set; }

        public double Settle(TimeProvider clock)
        {
            var now = clock.GetTimestamp();
            _seconds += Working * clock.GetElapsedTime(_since, now).TotalSeconds;
            _since = now;
            return _seconds;
        }
    }

    private sealed class Work(BusySlots owner, string device) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0)
            {
                owner.Add(device, -1);
            }
        }
    }
}
