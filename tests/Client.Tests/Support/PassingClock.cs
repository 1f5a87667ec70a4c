namespace OrleansOneShot.Client.Tests.Support;

/// <summary>A clock on which every wait has passed as soon as it begins; it keeps how long each was to be.</summary>
internal sealed class PassingClock : TimeProvider
{
    private long _ticks = DateTimeOffset.UnixEpoch.Ticks;

    /// <summary>The waits, in their order.</summary>
    public List<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _ticks);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (Waits)
        {
            Waits.Add(dueTime);
        }

        Interlocked.Add(ref _ticks, dueTime.Ticks);
        return new Timer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
