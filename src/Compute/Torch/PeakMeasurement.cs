namespace OrleansOneShot.Compute.Torch;

/// <summary>The memory of one run, while it lasts: see <see cref="PeakMeter"/>.</summary>
public sealed class PeakMeasurement : IDisposable
{
    private readonly PeakMeter _meter;
    private long _most;

    internal PeakMeasurement(PeakMeter meter, string device)
    {
        _meter = meter;
        Device = device;
    }

    /// <summary>"cpu" or "cuda:N".</summary>
    public string Device { get; }

    /// <summary>Whether another run has used the same memory meanwhile.</summary>
    internal bool IsShared { get; set; }

    /// <summary>Whether the system counts the peak; else it is the most that was looked at.</summary>
    internal bool CountsByItself { get; set; }

    /// <summary>Memory when it began.</summary>
    internal long Before { get; set; }

    /// <summary>The most that was looked at.</summary>
    internal long Most => Interlocked.Read(ref _most);

    /// <summary>
    /// Looks, unless the system counts by itself. Call it after each step: allocators keep what a step freed, so little is missed in between.
    /// </summary>
    public void Look()
    {
        if (!CountsByItself)
        {
            _most = Math.Max(_most, _meter.Now(Device));
        }
    }

    /// <summary>The most so far.</summary>
    /// <returns>Bytes; 0 if the run's own share is not known.</returns>
    public long Peak()
    {
        Look();
        return _meter.PeakOf(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _meter.End(this);
}
