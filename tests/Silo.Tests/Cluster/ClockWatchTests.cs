using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class ClockWatchTests : IAsyncDisposable
{
    private readonly SettableClock _clock = new();
    private readonly ClockWatch _watch;

    public ClockWatchTests() => _watch = new ClockWatch(_clock, NullLogger<ClockWatch>.Instance);

    [Fact]
    public async Task SetBack_ByMoreThanTenSeconds_IsTold()
    {
        await PassAsync(3);
        _clock.Set(TimeSpan.FromHours(-1));
        await PassAsync(1);

        var told = await _watch.Told.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(ErrorCodes.Unavailable, told.Code);
        Assert.Equal("clock", told.Field);
        Assert.Equal(
            "The clock of this machine was set back by 3600 s while the silo ran, so the silo ends; its jobs go on elsewhere, or here when it runs again.",
            told.Message
        );
    }

    [Fact]
    public async Task SetAheadAndBackAgain_IsTold()
    {
        _clock.Set(TimeSpan.FromSeconds(11));
        await PassAsync(2);
        Assert.False(_watch.Told.IsCompleted);
        _clock.Set(TimeSpan.Zero);
        await PassAsync(1);

        Assert.Contains(
            "set back by 11 s",
            (await _watch.Told.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData(3600)]
    [InlineData(-9)]
    public async Task SetAhead_OrBackByLittle_Goes(double seconds)
    {
        _clock.Set(TimeSpan.FromSeconds(seconds));
        await PassAsync(5);
        Assert.False(_watch.Told.IsCompleted);
    }

    // What a time service does all the time adds up to any amount, and disturbs no timer.
    [Fact]
    public async Task Slewed_ByMuchInTotal_Goes()
    {
        for (var i = 1; i <= 40; i++)
        {
            _clock.Set(TimeSpan.FromSeconds(-i / 2.0));
            await PassAsync(1);
        }

        Assert.False(_watch.Told.IsCompleted);
    }

    // A machine that was suspended, or a process that stood still.
    [Fact]
    public async Task StoodStill_Goes()
    {
        _clock.Advance(TimeSpan.FromHours(2));
        await PassAsync(2);
        Assert.False(_watch.Told.IsCompleted);
    }

    public ValueTask DisposeAsync() => _watch.DisposeAsync();

    private async Task PassAsync(int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            var look = _clock.NextLook;
            _clock.Advance(ClockWatch.Period);
            await Task.WhenAny(look, _watch.Told).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        }
    }

    private sealed class SettableClock : TimeProvider
    {
        private readonly FakeTimeProvider _time = new();
        private TimeSpan _ahead;
        private TaskCompletionSource _look = NewLook();

        /// <summary>Ends when the watch looks the next time.</summary>
        public Task NextLook => Volatile.Read(ref _look).Task;

        public override long TimestampFrequency => _time.TimestampFrequency;

        public void Set(TimeSpan ahead) => _ahead = ahead;

        public void Advance(TimeSpan by) => _time.Advance(by);

        public override DateTimeOffset GetUtcNow() => _time.GetUtcNow() + _ahead;

        public override long GetTimestamp()
        {
            // The second of the two that are read.
            var timestamp = _time.GetTimestamp();
            Interlocked.Exchange(ref _look, NewLook()).SetResult();
            return timestamp;
        }

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            _time.CreateTimer(callback, state, dueTime, period);

        private static TaskCompletionSource NewLook() => new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
