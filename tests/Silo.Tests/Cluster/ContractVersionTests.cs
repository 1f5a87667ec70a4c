using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Contracts;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Stores;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>Silos of two versions of the contracts, over a real Redis.</summary>
public sealed class ContractVersionTests : IDisposable
{
    private const string Cluster = ClusterSiloOptions.DefaultClusterId;
    private const int Next = ContractVersion.Current + 1;

    private readonly TestData _data = new();

    [Fact]
    public async Task Start_SilosOfAnotherVersionRun_IsRefusedUntilTheyHaveLeft()
    {
        await using var redis = await RedisServer.StartAsync();
        await using (await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))
        {
            await using var twin = await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current));

            var error = (await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis, Next)))).Detail;

            Assert.Equal(ErrorCodes.Unavailable, error.Code);
            Assert.Matches(
                $@"^The cluster at Redis 127\.0\.0\.1:\d+ has version {ContractVersion.Current} of the contracts \(silo \S+\); this silo has version {Next} and can't join it\.$",
                error.Message
            );
            Assert.Contains($"Stop the silos of version {ContractVersion.Current} first", error.Hint, StringComparison.Ordinal);
        }

        await using var next = await ClusterSilo.StartAsync(Options(redis, Next));
        Assert.Equal(
            ErrorCodes.Unavailable,
            (await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))).Detail.Code
        );
    }

    [Fact]
    public async Task Claim_TwoVersionsAtTheSameMoment_OneEnters()
    {
        await using var redis = await RedisServer.StartAsync();
        for (var round = 0; round < 20; round++)
        {
            var cluster = $"round{round}";
            var claims = await Task.WhenAll(Enumerable.Range(0, 4).Select(silo => TryEnterAsync(redis, cluster, ContractVersion.Current + (silo % 2))));

            var entered = claims.Select((claim, silo) => (Claim: claim, Version: silo % 2)).Where(entry => entry.Claim is not null).ToList();
            Assert.Equal(2, entered.Count);
            Assert.Single(entered.Select(entry => entry.Version).Distinct());
            foreach (var (claim, _) in entered)
            {
                await claim!.DisposeAsync();
            }
        }
    }

    [Fact]
    public async Task Claim_EntryOfASiloThatDied_CountsNoMoreOnceItHasLapsed()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = new ContractRegistry(connection, EmbeddedSilo.ServiceId, Cluster);
        Assert.Null((await registry.ClaimAsync(ContractVersion.Current, "dead")).Other);
        Assert.Equal((ContractVersion.Current, "dead"), (await registry.ClaimAsync(Next, "new")).Other);

        // As after 30 s.
        await connection
            .GetDatabase()
            .SortedSetAddAsync(
                $"{EmbeddedSilo.ServiceId}/contracts/{Cluster}",
                $"{ContractVersion.Current}:dead",
                DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 1
            );

        Assert.False((await registry.RequireAsync(Next)).HasSilos);
        Assert.Null((await registry.ClaimAsync(Next, "new")).Other);
        Assert.True((await registry.RequireAsync(Next)).HasSilos);
    }

    [Fact]
    public async Task Require_ClientOfAnotherVersion_IsRefused()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = new ContractRegistry(connection, EmbeddedSilo.ServiceId, Cluster);
        Assert.False((await registry.RequireAsync(ContractVersion.Current)).HasSilos);
        await registry.ClaimAsync(Next, "there");

        var error = await Assert.ThrowsAsync<OneShotException>(() => registry.RequireAsync(ContractVersion.Current));

        Assert.Matches(
            $@"^The cluster at Redis 127\.0\.0\.1:\d+ has version {Next} of the contracts \(silo there\); this program has version {ContractVersion.Current}\.$",
            error.Message
        );
    }

    public void Dispose() => _data.Dispose();

    private static async Task<ContractClaim?> TryEnterAsync(RedisServer redis, string cluster, int version)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        try
        {
            return await ContractClaim.EnterAsync(connection, EmbeddedSilo.ServiceId, cluster, version);
        }
        catch (OneShotException)
        {
            return null;
        }
    }

    private ClusterSiloOptions Options(RedisServer redis, int version) =>
        new()
        {
            Redis = redis.ConnectionString,
            Data = _data.Folder,
            Slots = 0,
            ContractVersion = version,
        };
}
