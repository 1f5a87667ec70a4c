using Microsoft.Extensions.Logging.Abstractions;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Contracts;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.TestKit.Servers;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>Whether a Redis still holds the cluster that a silo joined.</summary>
public sealed class IncarnationTests
{
    private const string Cluster = ClusterSiloOptions.DefaultClusterId;
    private const string Contracts = $"{EmbeddedSilo.ServiceId}/contracts/{Cluster}";
    private static readonly TimeSpan s_often = TimeSpan.FromMilliseconds(20);

    [Fact]
    public async Task Claim_FirstSilo_FoundsAndOthersEnterTheSame()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = Registry(connection);

        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(silo => registry.ClaimAsync(ContractVersion.Current, $"s{silo}")));

        Assert.Single(answers, answer => answer.Outcome == ClaimOutcome.Founded);
        Assert.Equal(3, answers.Count(answer => answer.Outcome == ClaimOutcome.Entered));
        Assert.Single(answers.Select(answer => answer.Incarnation).Distinct());
        Assert.Equal(answers[0].Incarnation, (await registry.RequireAsync(ContractVersion.Current)).Incarnation);
        foreach (var answer in answers)
        {
            Assert.Equal(ClaimOutcome.Entered, (await registry.ClaimAsync(ContractVersion.Current, $"s{Array.IndexOf(answers, answer)}", answer)).Outcome);
        }
    }

    [Fact]
    public async Task Claim_ItsEntryLapsedWhileTheSiloStoodStill_IsEnteredAgain()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = Registry(connection);
        var first = await registry.ClaimAsync(ContractVersion.Current, "frozen");

        // As after a minute, in which another silo has cleaned up.
        var before = first with
        {
            Now = first.Now - TimeSpan.FromMinutes(1),
        };
        await connection.GetDatabase().SortedSetAddAsync(Contracts, $"{ContractVersion.Current}:frozen", before.Now.ToUnixTimeMilliseconds() + 30_000);
        await registry.ClaimAsync(ContractVersion.Current, "other");
        Assert.Null(await connection.GetDatabase().SortedSetScoreAsync(Contracts, $"{ContractVersion.Current}:frozen"));

        Assert.Equal(ClaimOutcome.Entered, (await registry.ClaimAsync(ContractVersion.Current, "frozen", before)).Outcome);
    }

    [Fact]
    public async Task Claim_RedisWithItsDataWasKilled_GoesOn()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectAsync(redis);
        var registry = Registry(connection);
        var first = await registry.ClaimAsync(ContractVersion.Current, "silo");

        await redis.KillAsync();
        await redis.StartAsync();

        Assert.Equal(ClaimOutcome.Entered, (await PatientlyAsync(() => registry.ClaimAsync(ContractVersion.Current, "silo", first))).Outcome);
    }

    [Fact]
    public async Task Claim_RedisWithoutPersistenceWasKilled_IsLost()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);
        await using var connection = await ConnectAsync(redis);
        var registry = Registry(connection);
        var first = await registry.ClaimAsync(ContractVersion.Current, "silo");

        await redis.KillAsync();
        await redis.StartAsync();
        Assert.Equal(ClaimOutcome.Lost, (await PatientlyAsync(() => registry.ClaimAsync(ContractVersion.Current, "silo", first))).Outcome);

        // Also after another silo has founded it anew; and asking changed nothing.
        var second = await registry.ClaimAsync(ContractVersion.Current, "newcomer");
        Assert.Equal(ClaimOutcome.Founded, second.Outcome);
        Assert.NotEqual(first.Incarnation, second.Incarnation);
        Assert.Equal(ClaimOutcome.Lost, (await registry.ClaimAsync(ContractVersion.Current, "silo", first)).Outcome);
    }

    [Fact]
    public async Task Claim_RedisCameBackWithAnOlderSnapshot_IsRewound()
    {
        await using var redis = await RedisServer.StartAsync(options: ["--appendonly", "no", "--save", "3600 1000000"]);
        await using var connection = await ConnectAsync(redis);
        var registry = Registry(connection);
        var first = await registry.ClaimAsync(ContractVersion.Current, "silo");
        await connection.GetDatabase().ExecuteAsync("SAVE");
        ClaimAnswer second;
        do
        {
            second = await registry.ClaimAsync(ContractVersion.Current, "silo", first);
        } while (second.Now == first.Now);

        await redis.KillAsync();
        await redis.StartAsync();

        Assert.Equal(ClaimOutcome.Rewound, (await PatientlyAsync(() => registry.ClaimAsync(ContractVersion.Current, "silo", second))).Outcome);
    }

    [Fact]
    public async Task Claim_EntryFromTheFutureOfAClockThatWasSetBack_KeepsNobodyOut()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = Registry(connection);
        await connection.GetDatabase().SortedSetAddAsync(Contracts, "77:old", DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeMilliseconds());

        Assert.False((await registry.RequireAsync(ContractVersion.Current)).HasSilos);
        Assert.Equal(ClaimOutcome.Founded, (await registry.ClaimAsync(ContractVersion.Current, "silo")).Outcome);
    }

    [Fact]
    public async Task Keys_LapseNever_SoThatNothingEvictsThem()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "silo");

        foreach (var key in connection.GetServers()[0].Keys())
        {
            Assert.Null(await connection.GetDatabase().KeyTimeToLiveAsync(key));
        }
    }

    [Fact]
    public async Task Keep_RedisWasEmptied_TellsSo()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var claim = await ContractClaim.EnterAsync(await ConnectAsync(redis), EmbeddedSilo.ServiceId, Cluster, ContractVersion.Current, s_often);
        claim.Keep(NullLogger.Instance);
        Assert.True(claim.Founded);
        await using (var admin = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString))
        {
            await admin.GetDatabase().ExecuteAsync("FLUSHALL");
        }

        var error = await claim.Lost;

        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        Assert.Equal(
            $"Redis at {redis.ConnectionString} has lost the data of this cluster, or was emptied, so this silo ends: nobody knows its jobs any more.",
            error.Message
        );
        Assert.Contains("oneshot jobs recover", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keep_RedisIsAwayAndComesBack_GoesOn()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString + ",abortConnect=false");
        await using var claim = await ContractClaim.EnterAsync(await ConnectAsync(redis), EmbeddedSilo.ServiceId, Cluster, ContractVersion.Current, s_often);
        claim.Keep(NullLogger.Instance);

        await redis.KillAsync();
        await redis.StartAsync();

        // Until its entry has been renewed by the server that came back.
        var before = await PatientlyAsync(() => connection.GetDatabase().SortedSetRangeByRankWithScoresAsync(Contracts));
        while ((await PatientlyAsync(() => connection.GetDatabase().SortedSetRangeByRankWithScoresAsync(Contracts)))[0].Score <= before[0].Score)
        {
            Assert.False(claim.Lost.IsCompleted);
        }

        Assert.False(claim.Lost.IsCompleted);
    }

    private static ContractRegistry Registry(IConnectionMultiplexer connection) => new(connection, EmbeddedSilo.ServiceId, Cluster);

    // One that waits for a server that comes back, as silos' connections do.
    private static Task<ConnectionMultiplexer> ConnectAsync(RedisServer redis) =>
        ConnectionMultiplexer.ConnectAsync(redis.ConnectionString + ",abortConnect=false,connectRetry=100,asyncTimeout=60000");

    private static async Task<T> PatientlyAsync<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            }
        }
    }
}
