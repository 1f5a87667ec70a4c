using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class ClusterClockTests
{
    private static readonly DateTimeOffset s_redis = new(2026, 11, 27, 8, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _local = new(s_redis + TimeSpan.FromHours(1));

    [Fact]
    public void GetUtcNow_MachineAnHourAhead_IsRedisTimeAndGoesOn()
    {
        var clock = new ClusterClock(s_redis, _local);
        Assert.Equal(s_redis, clock.GetUtcNow());

        _local.Advance(TimeSpan.FromSeconds(7));

        Assert.Equal(s_redis + TimeSpan.FromSeconds(7), clock.GetUtcNow());
    }

    [Theory]
    [InlineData(0.4)]
    [InlineData(-0.4)]
    public void Adjust_SmallDifference_IsTakenOver(double seconds)
    {
        var clock = new ClusterClock(s_redis, _local);
        _local.Advance(TimeSpan.FromSeconds(5));

        clock.Adjust(s_redis + TimeSpan.FromSeconds(5 + seconds));

        Assert.Equal(s_redis + TimeSpan.FromSeconds(5 + seconds), clock.GetUtcNow());
    }

    [Theory]
    [InlineData(3600, 6)]
    [InlineData(-3600, 4)]
    public void Adjust_RedisClockWasSet_FollowsByAFifthOfTheTimeThatPassed(double seconds, double expected)
    {
        var clock = new ClusterClock(s_redis, _local);
        _local.Advance(TimeSpan.FromSeconds(5));

        clock.Adjust(s_redis + TimeSpan.FromSeconds(5 + seconds));

        Assert.Equal(s_redis + TimeSpan.FromSeconds(expected), clock.GetUtcNow());
    }

    [Fact]
    public void Adjust_OftenEnough_ArrivesAndStays()
    {
        var clock = new ClusterClock(s_redis, _local);
        var redis = s_redis + TimeSpan.FromMinutes(1);
        for (var i = 0; i < 100; i++)
        {
            _local.Advance(TimeSpan.FromSeconds(5));
            redis += TimeSpan.FromSeconds(5);
            var before = clock.GetUtcNow();
            clock.Adjust(redis);
            Assert.InRange(clock.GetUtcNow() - before, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }

        Assert.Equal(redis, clock.GetUtcNow());
    }

    [Fact]
    public void Timers_AreTheMachines()
    {
        var clock = new ClusterClock(s_redis, _local);
        var fired = false;
        using var timer = clock.CreateTimer(_ => fired = true, null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);

        _local.Advance(TimeSpan.FromSeconds(3));

        Assert.True(fired);
        Assert.Equal(_local.GetTimestamp(), clock.GetTimestamp());
        Assert.Equal(_local.TimestampFrequency, clock.TimestampFrequency);
    }
}
