namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// Redis' clock, by which all silos of a cluster judge what they store, whatever the clocks of their machines say. It begins where Redis' clock stood, goes on
/// by itself, and follows Redis without jumps: neither a machine whose clock is set nor a Redis whose clock is set makes leases lapse.
/// </summary>
internal sealed class ClusterClock : TimeProvider
{
    /// <summary>How much faster or slower than time itself it goes while it follows.</summary>
    private const double Slew = 0.2;

    private readonly TimeProvider _local;
    private Anchor _anchor;

    /// <summary>Starts it.</summary>
    /// <param name="redis">Redis' clock now, UTC.</param>
    /// <param name="local">Counts the time that passes.</param>
    public ClusterClock(DateTimeOffset redis, TimeProvider? local = null)
    {
        _local = local ?? System;
        _anchor = new Anchor(redis, _local.GetTimestamp());
    }

    /// <inheritdoc/>
    public override TimeZoneInfo LocalTimeZone => _local.LocalTimeZone;

    /// <inheritdoc/>
    public override long TimestampFrequency => _local.TimestampFrequency;

    /// <inheritdoc/>
    public override long GetTimestamp() => _local.GetTimestamp();

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _local.CreateTimer(callback, state, dueTime, period);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => At(Volatile.Read(ref _anchor), _local.GetTimestamp());

    /// <summary>Follows Redis. One caller at a time.</summary>
    /// <param name="redis">Redis' clock a moment ago, UTC.</param>
    public void Adjust(DateTimeOffset redis)
    {
        var (anchor, timestamp) = (_anchor, _local.GetTimestamp());
        var now = At(anchor, timestamp);
        var most = _local.GetElapsedTime(anchor.Timestamp, timestamp) * Slew;
        var error = redis - now;
        var step =
            error > most ? most
            : error < -most ? -most
            : error;
        Volatile.Write(ref _anchor, new Anchor(now + step, timestamp));
    }

    private DateTimeOffset At(Anchor anchor, long timestamp) => anchor.Time + _local.GetElapsedTime(anchor.Timestamp, timestamp);

    private sealed record Anchor(DateTimeOffset Time, long Timestamp);
}
