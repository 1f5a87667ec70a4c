using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.TestKit.Servers;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Tests.Cluster;

/// <summary>What real Redis servers tell of themselves, and what follows.</summary>
public sealed class RedisSettingsTests
{
    [Fact]
    public async Task Read_AsDocumented_NothingIsToBeSaid()
    {
        await using var redis = await RedisServer.StartAsync();

        var settings = await ReadAsync(redis.ConnectionString);

        Assert.Equal(new RedisSettings(true, "", "noeviction"), settings);
        Assert.Empty(settings.Require("h:1", allowed: false));
    }

    [Fact]
    public async Task Read_NothingOnDisk_IsRefusedUnlessAllowed()
    {
        await using var redis = await RedisServer.StartAsync(options: RedisServer.Volatile);

        var settings = await ReadAsync(redis.ConnectionString);

        Refuses(settings, "Redis at h:1 keeps nothing on disk (appendonly no, no save rule): when it ends, all jobs are lost.");
    }

    [Fact]
    public async Task Read_SnapshotsAlone_AreWarnedOf()
    {
        await using var redis = await RedisServer.StartAsync(options: ["--appendonly", "no", "--save", "3600 1"]);

        var settings = await ReadAsync(redis.ConnectionString);

        Assert.Equal(
            ["Redis at h:1 keeps snapshots alone (save 3600 1): when it dies, what came after the last one is lost; appendonly yes keeps all."],
            settings.Require("h:1", allowed: false)
        );
    }

    [Theory]
    [InlineData("allkeys-lru")]
    [InlineData("allkeys-random")]
    public async Task Read_EvictsJobs_IsRefusedUnlessAllowed(string policy)
    {
        await using var redis = await RedisServer.StartAsync(options: ["--maxmemory-policy", policy]);

        Refuses(await ReadAsync(redis.ConnectionString), $"Redis at h:1 throws jobs away when its memory is full (maxmemory-policy {policy}).");
    }

    [Fact]
    public async Task Read_EvictsWhatLapses_IsWarnedOf()
    {
        await using var redis = await RedisServer.StartAsync(options: ["--maxmemory-policy", "volatile-ttl"]);

        Assert.StartsWith(
            "Redis at h:1 throws keys that lapse away",
            Assert.Single((await ReadAsync(redis.ConnectionString)).Require("h:1", allowed: false)),
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Read_ConfigForbidden_InfoTellsTheRest()
    {
        await using var kept = await RedisServer.StartAsync(options: ["--rename-command", "CONFIG", ""]);
        await using var evicting = await RedisServer.StartAsync(
            options: ["--rename-command", "CONFIG", "", "--appendonly", "no", "--maxmemory-policy", "allkeys-lfu"]
        );

        Assert.Empty((await ReadAsync(kept.ConnectionString)).Require("h:1", allowed: false));
        var settings = await ReadAsync(evicting.ConnectionString);
        Assert.Equal(new RedisSettings(false, null, "allkeys-lfu"), settings);
        Refuses(settings, "Redis at h:1 throws jobs away when its memory is full (maxmemory-policy allkeys-lfu).");
        Assert.Contains(
            settings.Require("h:1", allowed: true),
            warning => warning.StartsWith("Redis at h:1 does not tell whether it keeps its data (CONFIG is forbidden)", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Read_UserWithoutTheRights_OnlyWarns()
    {
        await using var redis = await RedisServer.StartAsync();
        await using (var admin = await ConnectionMultiplexer.ConnectAsync(redis.ConnectionString))
        {
            await admin.GetDatabase().ExecuteAsync("ACL", "SETUSER", "silo", "on", ">pw", "~*", "&*", "+@all", "-config", "-info");
        }

        var settings = await ReadAsync(redis.ConnectionString + ",user=silo,password=pw");

        Assert.Equal(new RedisSettings(null, null, null), settings);
        var warnings = settings.Require("h:1", allowed: false);
        Assert.Equal(2, warnings.Count);
        Assert.All(warnings, warning => Assert.StartsWith("Redis at h:1 does not tell ", warning, StringComparison.Ordinal));
    }

    private static void Refuses(RedisSettings settings, string sentence)
    {
        var error = Assert.Throws<OneShotException>(() => settings.Require("h:1", allowed: false)).Detail;
        Assert.Equal((ErrorCodes.Unavailable, sentence), (error.Code, error.Message));
        Assert.Contains("--allow-volatile-redis", error.Hint, StringComparison.Ordinal);
        Assert.Contains(sentence, settings.Require("h:1", allowed: true));
    }

    private static async Task<RedisSettings> ReadAsync(string connectionString)
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(connectionString);
        return await RedisSettings.ReadAsync(connection);
    }
}
