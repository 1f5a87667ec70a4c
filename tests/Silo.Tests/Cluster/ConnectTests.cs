using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Contracts;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.TestKit.Servers;
using OrleansOneShot.TestKit.Stores;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>A client and a cluster that is not there, or not yet: each cause has its own sentence.</summary>
public sealed class ConnectTests : IDisposable
{
    private const string Cluster = ClusterSiloOptions.DefaultClusterId;

    private readonly TestData _data = new();

    [Fact]
    public async Task Connect_NoSiloIsRegistered_SaysSo()
    {
        await using var redis = await RedisServer.StartAsync();

        var error = await FailAsync(redis);

        Assert.Equal($"No silo is registered at Redis {redis.ConnectionString}.", error.Message);
        Assert.Equal("Start one with: oneshot serve --cluster ...", error.Hint);
    }

    [Fact]
    public async Task Connect_SiloIsRegisteredAndHasNotJoined_SaysSo()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "starting");

        Assert.Equal($"A silo is registered at Redis {redis.ConnectionString}, but has not joined the cluster yet.", (await FailAsync(redis)).Message);
    }

    [Fact]
    public async Task Connect_SiloIsRegisteredAndCannotBeReached_NamesItsAddress()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        var gateway = await KillSiloAsync(redis, connection);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "unreachable");

        var error = await FailAsync(redis);

        Assert.Equal($"Silos are registered at Redis {redis.ConnectionString}, but none can be reached at {gateway}.", error.Message);
        Assert.Contains("--advertise", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_RedisGoesAwayMeanwhile_SaysSo()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await KillSiloAsync(redis, connection);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "unreachable");

        var connecting = FailAsync(redis, Options(redis) with { BusyTimeout = TimeSpan.FromMinutes(1) });
        await WhenConnectedAsync(connection);
        await redis.KillAsync();

        Assert.Equal($"Redis at {redis.ConnectionString} does not answer.", (await connecting).Message);
    }

    [Fact]
    public async Task Connect_SilosOfAnotherVersionComeMeanwhile_SaysSo()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await KillSiloAsync(redis, connection);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "old");

        var connecting = FailAsync(redis, Options(redis) with { BusyTimeout = TimeSpan.FromMinutes(1) });
        await WhenConnectedAsync(connection);
        await Registry(connection).ReleaseAsync(ContractVersion.Current, "old");
        await Registry(connection).ClaimAsync(ContractVersion.Current + 1, "new");

        Assert.Equal(
            $"The cluster at Redis {redis.ConnectionString} has version {ContractVersion.Current + 1} of the contracts (silo new); this program has version "
                + $"{ContractVersion.Current}.",
            (await connecting).Message
        );
    }

    [Fact]
    public async Task Connect_WrongPassword_SaysSoAndNotThePassword()
    {
        await using var redis = await RedisServer.StartAsync("s3cret");

        var error = await FailAsync(redis, Options(redis) with { Redis = redis.ConnectionString + ",password=an0ther" });

        Assert.Equal($"Redis at {redis.ConnectionString} refuses the password.", error.Message);
        Assert.DoesNotContain("an0ther", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connect_TheOnlySiloWasKilledAndStartsAgain_WaitsForIt()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var connection = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString);
        await KillSiloAsync(redis, connection);
        await Registry(connection).ClaimAsync(ContractVersion.Current, "killed");

        var connecting = ClusterClient.ConnectAsync(Options(redis) with { BusyTimeout = TimeSpan.FromMinutes(1) }, TestContext.Current.CancellationToken);
        await WhenConnectedAsync(connection);
        await using var silo = await ClusterSilo.StartAsync(SiloOptions(redis), TestContext.Current.CancellationToken);

        await using var client = await connecting;
        Assert.Empty((await client.ListPageAsync(new JobQuery(), TestContext.Current.CancellationToken)).Jobs);
    }

    [Fact]
    public async Task Call_TheOnlySiloIsStartedAgain_GoesToTheNewOne()
    {
        await using var redis = await RedisServer.StartAsync();
        var silo = await ClusterSilo.StartAsync(SiloOptions(redis), TestContext.Current.CancellationToken);
        await using var client = await ClusterClient.ConnectAsync(Options(redis), TestContext.Current.CancellationToken);
        await silo.DisposeAsync();

        var listing = client.ListPageAsync(new JobQuery(), TestContext.Current.CancellationToken);
        await using var next = await ClusterSilo.StartAsync(SiloOptions(redis), TestContext.Current.CancellationToken);

        Assert.Empty((await listing).Jobs);
    }

    [Fact]
    public async Task Call_RedisHasLostItsData_SaysSo()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);
        await using var silo = await ClusterSilo.StartAsync(SiloOptions(redis) with { AllowVolatileRedis = true }, TestContext.Current.CancellationToken);
        await using var client = await ClusterClient.ConnectAsync(Options(redis), TestContext.Current.CancellationToken);
        Assert.Equal(ErrorCodes.NotFound, (await Assert.ThrowsAsync<OneShotException>(() => client.GetImplantation("j1").GetStatusAsync())).Detail.Code);

        await redis.KillAsync();
        await redis.StartAsync();

        var lost = await silo.Lost;
        Assert.Contains("oneshot jobs recover", lost.Hint, StringComparison.Ordinal);
        var error = (await Assert.ThrowsAsync<OneShotException>(() => client.GetImplantation("j1").GetStatusAsync())).Detail;
        Assert.Equal(
            (ErrorCodes.Unavailable, $"Redis at {redis.ConnectionString} has lost the data of this cluster, or was emptied: nobody knows its jobs any more."),
            (error.Code, error.Message)
        );
        Assert.Contains("oneshot jobs recover", error.Hint, StringComparison.Ordinal);
        await silo.AbandonAsync();
    }

    public void Dispose() => _data.Dispose();

    private static ContractRegistry Registry(ConnectionMultiplexer connection) => new(connection, EmbeddedSilo.ServiceId, Cluster);

    // Short, since these clusters never come.
    private static ClusterClientOptions Options(RedisServer redis) =>
        new()
        {
            Redis = redis.ConnectionString,
            ClusterId = Cluster,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            BusyTimeout = TimeSpan.FromSeconds(8),
        };

    private static async Task<ErrorDetail> FailAsync(RedisServer redis, ClusterClientOptions? options = null)
    {
        var error = (
            await Assert.ThrowsAsync<OneShotException>(() => ClusterClient.ConnectAsync(options ?? Options(redis), TestContext.Current.CancellationToken))
        ).Detail;
        Assert.Equal(ErrorCodes.Unavailable, error.Code);
        return error;
    }

    /// <summary>Waits until another client has looked at the cluster, and asks for its gateways.</summary>
    private static async Task WhenConnectedAsync(ConnectionMultiplexer connection)
    {
        // The test's own connection, the client's, and that of its list of gateways; each is two.
        while (((string)(await connection.GetDatabase().ExecuteAsync("CLIENT", "LIST"))!).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length < 6)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>A silo that was killed: its row stays.</summary>
    private async Task<string> KillSiloAsync(RedisServer redis, ConnectionMultiplexer connection)
    {
        var silo = await ClusterSilo.StartAsync(SiloOptions(redis), TestContext.Current.CancellationToken);
        var (name, row) = Assert.Single(await MembershipRow.ReadAsync(connection));
        await silo.DisposeAsync();
        await MembershipRow.PutBackAsync(connection, name, row, DateTimeOffset.UtcNow);
        return MembershipRow.Gateway(row);
    }

    private ClusterSiloOptions SiloOptions(RedisServer redis) =>
        new()
        {
            Redis = redis.ConnectionString,
            Data = _data.Folder,
            Slots = 0,
        };
}
