using OrleansOneShot.Silo.Cluster;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

public sealed class RedisExposureTests
{
    [Theory]
    [InlineData("10.0.0.9:6379", "10.0.0.9:6379")]
    [InlineData("redis.internal:6379", "redis.internal:6379")]
    [InlineData("127.0.0.1:6379,10.0.0.9:6379", "127.0.0.1:6379, 10.0.0.9:6379")]
    [InlineData("10.0.0.9:6379,password=x", null)]
    [InlineData("10.0.0.9:6379,ssl=true", null)]
    [InlineData("127.0.0.1:6379", null)]
    [InlineData("localhost:6379", null)]
    [InlineData("[::1]:6379", null)]
    public void Find_Redis_TellsWhetherItIsOpenToOthers(string connection, string? expected) =>
        Assert.Equal(expected, RedisExposure.Find(ConfigurationOptions.Parse(connection)));
}
