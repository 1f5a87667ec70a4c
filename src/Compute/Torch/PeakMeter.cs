namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Measures the most memory that runs take on their devices. Both figures that a system gives belong to more than one run, so a run's is told only where it is
/// its own: on the processor, resident memory above that of the process without runs, if no other run was in the process meanwhile; on a GPU, the device's use
/// above that before the first run, if no other run was on it and the use has grown (libtorch keeps what it freed, so a run that fits into what earlier ones
/// took shows nothing).
/// </summary>
/// <param name="process">Resident memory; null for this process's.</param>
/// <param name="gpu">Used bytes of a CUDA device; null for the real ones.</param>
public sealed class PeakMeter(ProcessMemory? process = null, Func<int, long?>? gpu = null)
{
    private readonly ProcessMemory _process = process ?? new ProcessMemory();
    private readonly Func<int, long?> _gpu = gpu ?? (index => CudaMemory.Read(index) is { } memory ? memory.Total - memory.Free : null);
    private readonly Lock _lock = new();
    private readonly List<PeakMeasurement> _running = [];
    private readonly Dictionary<string, long> _without = new(StringComparer.Ordinal);

    /// <summary>A run begins. Call it on the run's thread, before it loads anything.</summary>
    /// <param name="device">"cpu" or "cuda:N".</param>
    /// <returns>The measurement; dispose of it when the run has freed what it had.</returns>
    public PeakMeasurement Begin(string device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var index = TorchDevices.IndexOf(device);
        lock (_lock)
        {
            var measurement = new PeakMeasurement(this, device);
            foreach (var other in _running)
            {
                // A run on a GPU uses the machine's memory too.
                measurement.IsShared |= index is null || other.Device == device;
                other.IsShared |= TorchDevices.IndexOf(other.Device) is null || other.Device == device;
            }

            _running.Add(measurement);
            if (index is null && !measurement.IsShared)
            {
                // What earlier runs have freed is not this one's.
                NativeMemory.Trim();
                measurement.CountsByItself = _process.TryResetPeak();
            }

            measurement.Before = Now(device);
            if (!measurement.IsShared)
            {
                // The first run finds the least, unless something has ended since.
                _without[device] = Math.Min(_without.GetValueOrDefault(device, long.MaxValue), measurement.Before);
            }

            return measurement;
        }
    }

    internal long Now(string device) => TorchDevices.IndexOf(device) is { } index ? _gpu(index) ?? 0 : _process.Resident();

    internal long PeakOf(PeakMeasurement measurement)
    {
        lock (_lock)
        {
            if (measurement.IsShared || measurement.Before == 0)
            {
                return 0;
            }

            var onGpu = TorchDevices.IndexOf(measurement.Device) is not null;
            var most = measurement.CountsByItself ? _process.Peak() : measurement.Most;
            return onGpu && most <= measurement.Before ? 0 : Math.Max(0, most - _without[measurement.Device]);
        }
    }

    internal void End(PeakMeasurement measurement)
    {
        lock (_lock)
        {
            _running.Remove(measurement);
        }
    }
}
