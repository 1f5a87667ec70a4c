using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Stores;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>Silos, and rows of dead ones, whose clocks were wrong.</summary>
public sealed class DeadRowTests : IDisposable
{
    // Orleans gives up after five minutes; a silo that judges such rows as it should needs ten seconds.
    private static readonly TimeSpan s_guard = TimeSpan.FromMinutes(2);

    private readonly TestData _data = new();

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task Start_RowOfADeadSiloWhoseClockWasAnHourOff_JoinsAndDeclaresItDead(int hours)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        string name;
        JsonObject row;
        await using (await ClusterSilo.StartAsync(Options(redis), TestContext.Current.CancellationToken))
        {
            (name, row) = Assert.Single(await MembershipRow.ReadAsync(connection));
        }

        var alive = row["Status"]!.DeepClone();
        await MembershipRow.PutBackAsync(connection, name, row, DateTimeOffset.UtcNow.AddHours(hours));

        using var guard = new CancellationTokenSource(s_guard);
        await using var silo = await ClusterSilo.StartAsync(Options(redis), guard.Token);

        var rows = await MembershipRow.ReadAsync(connection);
        Assert.Equal(2, rows.Count);
        Assert.NotEqual(alive.ToJsonString(), rows[name]["Status"]!.ToJsonString());
        Assert.Equal(alive.ToJsonString(), rows.Single(other => other.Key != name).Value["Status"]!.ToJsonString());
    }

    [Fact]
    public async Task Start_MachineWhoseClockIsWrong_IsRefusedAndLeavesNothing()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);

        var error = await Assert.ThrowsAsync<OneShotException>(() =>
            ClusterSilo.StartAsync(
                Options(redis) with
                {
                    Clock = new FakeTimeProvider(DateTimeOffset.UtcNow.AddHours(1)),
                },
                TestContext.Current.CancellationToken
            )
        );

        Assert.Equal((ErrorCodes.Unavailable, "clock"), (error.Detail.Code, error.Detail.Field));
        Assert.Matches(
            @"^The clock of this machine \(.* UTC\) is 3[56]\d\d s ahead of that of Redis at 127\.0\.0\.1:\d+ \(.* UTC\); at most 10 s are allowed\.$",
            error.Message
        );
        Assert.Equal(0, await connection.GetDatabase().SortedSetLengthAsync("oneshot/contracts/oneshot"));
        Assert.Empty(await MembershipRow.ReadAsync(connection));
    }

    [Fact]
    public async Task Start_VolatileRedis_IsRefusedUnlessAllowed()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);

        var error = await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis), TestContext.Current.CancellationToken));
        Assert.StartsWith($"Redis at {redis.ConnectionString} keeps nothing on disk", error.Message, StringComparison.Ordinal);

        await using var silo = await ClusterSilo.StartAsync(Options(redis) with { AllowVolatileRedis = true }, TestContext.Current.CancellationToken);
        Assert.StartsWith($"Redis at {redis.ConnectionString} keeps nothing on disk", Assert.Single(silo.Notices), StringComparison.Ordinal);
    }

    public void Dispose() => _data.Dispose();

    private ClusterSiloOptions Options(RedisServer redis) =>
        new()
        {
            Redis = redis.ConnectionString,
            Data = _data.Folder,
            Slots = 0,
        };
}
