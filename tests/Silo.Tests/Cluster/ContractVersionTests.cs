using OrleansOneShot.Client.Cluster;
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
    private static readonly int s_next = ContractVersion.Current + 1;

    private readonly TestData _data = new();

    [Fact]
    public async Task Start_SilosOfAnotherVersionRun_IsRefusedUntilTheyHaveLeft()
    {
        await using var redis = await RedisServer.StartAsync();
        await using (await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))
        {
            await using var twin = await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current));

            var error = (await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis, s_next)))).Detail;

            Assert.Equal(ErrorCodes.Unavailable, error.Code);
            Assert.Matches(
                $@"^The cluster at Redis 127\.0\.0\.1:\d+ has version {ContractVersion.Current} of the contracts \(silo \S+\); "
                    + $@"this silo has version {s_next} and can't join it\.$",
                error.Message
            );
            Assert.Contains($"Stop the silos of version {ContractVersion.Current} first", error.Hint, StringComparison.Ordinal);
        }

        await using var next = await ClusterSilo.StartAsync(Options(redis, s_next));
        Assert.Equal(
            ErrorCodes.Unavailable,
            (await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))).Detail.Code
        );
    }

    [Fact]
    public async Task Start_OlderSilosRun_WaitsUntilTheyHaveLeftAndSaysForWhat()
    {
        await using var redis = await RedisServer.StartAsync();
        var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ClusterSilo> starting;
        await using (await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))
        {
            starting = ClusterSilo.StartAsync(Options(redis, s_next) with { UpgradeWait = TimeSpan.FromMinutes(5), Waits = told.SetResult });

            Assert.Matches(
                $@"^Waits for the silos of version {ContractVersion.Current} of the contracts to leave \(such as \S+\), for 5 min at most; this one has "
                    + $@"version {s_next}\. Drain them with the oneshot that they run: oneshot cluster drain --cluster \.\.\.$",
                await told.Task
            );
            // A silo of before is refused at once, however patient it is: nobody waits for newer ones to leave.
            await Assert.ThrowsAsync<OneShotException>(() =>
                ClusterSilo.StartAsync(Options(redis, ContractVersion.Current - 1) with { UpgradeWait = TimeSpan.FromHours(1) })
            );
            Assert.False(starting.IsCompleted);
        }

        await using var silo = await starting;
        Assert.True(silo.IsActive);
        // Each version has a list of members of its own; what grains know belongs to the service.
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var keys = connection.GetServers()[0].Keys().Select(key => key.ToString()).Where(key => key.Contains("/members/", StringComparison.Ordinal));
        Assert.Equal(
            [MembershipRow.KeyOf(ContractVersion.Current), MembershipRow.KeyOf(s_next)],
            keys.Where(key => !key.EndsWith("/Version", StringComparison.Ordinal)).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public async Task Drain_AllSilosLeave_OfTheirVersionNoneComesBackUntilItIsTakenBack()
    {
        await using var redis = await RedisServer.StartAsync();
        await using (var silo = await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))
        {
            await using var client = silo.OpenClient();
            var drains = await client.DrainAsync(TestContext.Current.CancellationToken);
            Assert.Equal((ContractVersion.Current, silo.Address), (drains.Mark!.ContractVersion, Assert.Single(drains.Silos)));
            // Said again, it is the same drain.
            Assert.Equal(drains.Mark, (await client.DrainAsync(TestContext.Current.CancellationToken)).Mark);
            Assert.Equal("The cluster is drained for an upgrade", await silo.Leaves);
        }

        var refused = (await Assert.ThrowsAsync<OneShotException>(() => ClusterSilo.StartAsync(Options(redis, ContractVersion.Current)))).Detail;
        Assert.Equal(
            (
                ErrorCodes.Unavailable,
                $"The cluster at Redis {redis.ConnectionString} was drained for an upgrade while it had version {ContractVersion.Current} of the contracts; "
                    + $"this silo has version {ContractVersion.Current} and can't join it."
            ),
            (refused.Code, refused.Message)
        );
        var options = new ClusterClientOptions
        {
            Redis = redis.ConnectionString,
            ClusterId = Cluster,
            ConnectTimeout = TimeSpan.FromSeconds(1),
        };
        var alone = (await Assert.ThrowsAsync<OneShotException>(() => ClusterClient.ConnectAsync(options, TestContext.Current.CancellationToken))).Detail;
        Assert.Equal($"The cluster at Redis {redis.ConnectionString} is drained for an upgrade: its silos have left, and its jobs wait.", alone.Message);

        Assert.True((await ClusterClient.FindLeftAsync(options, resume: false, TestContext.Current.CancellationToken))!.Draining);
        Assert.False((await ClusterClient.FindLeftAsync(options, resume: true, TestContext.Current.CancellationToken))!.Draining);
        Assert.Null(await ClusterClient.FindLeftAsync(options, resume: false, TestContext.Current.CancellationToken));
        await using var again = await ClusterSilo.StartAsync(Options(redis, ContractVersion.Current));
        Assert.True(again.IsActive);
    }

    [Fact]
    public async Task Drain_AnotherVersionComes_PassesOverTheMarkAndTakesItAway()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = new ContractRegistry(connection, EmbeddedSilo.ServiceId, Cluster);
        var first = await registry.ClaimAsync(ContractVersion.Current, "there");
        var mark = await registry.DrainAsync(ContractVersion.Current);

        // One that lives goes on renewing its entry, and hears of it.
        var renewed = await registry.ClaimAsync(ContractVersion.Current, "there", first);
        Assert.Equal((ClaimOutcome.Entered, mark), (renewed.Outcome, renewed.Drain));
        // The later version has to wait for it all the same.
        Assert.Equal(ClaimOutcome.Refused, (await registry.ClaimAsync(s_next, "new")).Outcome);
        await registry.ReleaseAsync(ContractVersion.Current, "there");
        Assert.Equal(ClaimOutcome.Drained, (await registry.ClaimAsync(ContractVersion.Current, "again")).Outcome);
        Assert.Equal(ClaimOutcome.Drained, (await registry.ClaimAsync(ContractVersion.Current - 1, "older")).Outcome);

        var entered = await registry.ClaimAsync(s_next, "new");
        Assert.Equal((ClaimOutcome.Entered, null), (entered.Outcome, entered.Drain));
        Assert.Null(await registry.FindDrainAsync());
        // What the cluster is stays what it was: nothing was lost.
        Assert.Equal(first.Incarnation, entered.Incarnation);
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
        Assert.Equal((ContractVersion.Current, "dead"), (await registry.ClaimAsync(s_next, "new")).Other);

        // As after 30 s.
        await connection
            .GetDatabase()
            .SortedSetAddAsync(
                $"{EmbeddedSilo.ServiceId}/contracts/{Cluster}",
                $"{ContractVersion.Current}:dead",
                DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - 1
            );

        Assert.False((await registry.RequireAsync(s_next)).HasSilos);
        Assert.Null((await registry.ClaimAsync(s_next, "new")).Other);
        Assert.True((await registry.RequireAsync(s_next)).HasSilos);
    }

    [Fact]
    public async Task Require_ClientOfAnotherVersion_IsRefused()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var registry = new ContractRegistry(connection, EmbeddedSilo.ServiceId, Cluster);
        Assert.False((await registry.RequireAsync(ContractVersion.Current)).HasSilos);
        await registry.ClaimAsync(s_next, "there");

        var error = await Assert.ThrowsAsync<OneShotException>(() => registry.RequireAsync(ContractVersion.Current));

        Assert.Matches(
            $@"^The cluster at Redis 127\.0\.0\.1:\d+ has version {s_next} of the contracts \(silo there\); "
                + $@"this program has version {ContractVersion.Current}\.$",
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
