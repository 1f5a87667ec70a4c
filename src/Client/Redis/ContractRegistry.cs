using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Client.Redis;

/// <summary>
/// Which version of the contracts a cluster's silos have: a sorted set in its Redis, in which each silo keeps an entry for as long as it lives and a little longer. It is looked at before the
/// first call between a silo or client and the cluster, which could go wrong in any way.
/// </summary>
/// <param name="connection">The cluster's Redis.</param>
/// <param name="serviceId">The service's id.</param>
/// <param name="clusterId">The cluster's id.</param>
internal sealed class ContractRegistry(IConnectionMultiplexer connection, string serviceId, string clusterId)
{
    /// <summary>How long an entry counts after its last renewal: so long a silo that was killed keeps those of another version out.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    // One step, so that of two silos that start at the same moment one sees the other. Redis' clock is everybody's.
    private const string ClaimScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        for _, entry in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          if string.match(entry, '^%d+') ~= ARGV[1] then return entry end
        end
        redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1] .. ':' .. ARGV[2])
        redis.call('PEXPIRE', KEYS[1], 2 * ARGV[3])
        return nil
        """;

    private const string LookScript = """
        local time = redis.call('TIME')
        return redis.call('ZRANGEBYSCORE', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf', 'LIMIT', 0, 1)
        """;

    private readonly RedisKey _key = $"{serviceId}/contracts/{clusterId}";

    /// <summary>Enters a silo or renews its entry, unless silos of another version are there.</summary>
    /// <param name="version">The silo's version.</param>
    /// <param name="silo">The silo's name.</param>
    /// <returns>The version of those others and the name of one of them; null when entered.</returns>
    public async Task<(int Version, string Silo)?> ClaimAsync(int version, string silo)
    {
        var other = await connection.GetDatabase().ScriptEvaluateAsync(ClaimScript, [_key], [version, silo, (long)Lifetime.TotalMilliseconds]);
        return other.IsNull ? null : Parse((string)other!);
    }

    /// <summary>Takes a silo's entry out.</summary>
    /// <param name="version">The silo's version.</param>
    /// <param name="silo">The silo's name.</param>
    /// <returns>When done.</returns>
    public Task ReleaseAsync(int version, string silo) => connection.GetDatabase().SortedSetRemoveAsync(_key, Entry(version, silo));

    /// <summary>Refuses a cluster whose silos have another version.</summary>
    /// <param name="version">The client's version.</param>
    /// <returns>Whether silos of that version live, as far as is known; false: none has entered itself, or lately renewed its entry.</returns>
    /// <exception cref="OneShotException">unavailable: there are others, or Redis does not answer.</exception>
    public async Task<bool> RequireAsync(int version)
    {
        var entries = await LookAsync();
        if (entries.Length > 0 && Parse(entries[0]!) is var (other, silo) && other != version)
        {
            throw new OneShotException(new ErrorDetail(
                ErrorCodes.Unavailable, $"The cluster at Redis {Where} has version {other} of the contracts (silo {silo}); this program has version {version}.", "cluster", "Use the oneshot of the version that the silos run."));
        }

        return entries.Length > 0;
    }

    /// <summary>Address of the Redis, without password.</summary>
    public string Where => ClusterRedis.Name(Options);

    private ConfigurationOptions Options => ConfigurationOptions.Parse(connection.Configuration);

    /// <summary>What it means that Redis did not answer.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>unavailable, with the address.</returns>
    public OneShotException Refusal(Exception error) => ClusterRedis.Refusal(Options, error);

    private async Task<RedisValue[]> LookAsync()
    {
        try
        {
            return (RedisValue[])(await connection.GetDatabase().ScriptEvaluateAsync(LookScript, [_key]))!;
        }
        catch (Exception e) when (e is RedisException and not RedisServerException or TimeoutException)
        {
            throw Refusal(e);
        }
    }

    private static string Entry(int version, string silo) => string.Create(CultureInfo.InvariantCulture, $"{version}:{silo}");

    private static (int Version, string Silo) Parse(string entry)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        return (int.Parse(entry.AsSpan(0, colon), CultureInfo.InvariantCulture), entry[(colon + 1)..]);
    }
}
