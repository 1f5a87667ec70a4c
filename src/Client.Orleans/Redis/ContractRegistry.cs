using System.Globalization;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Client.Cluster.Redis;

/// <summary>
/// Which version of the contracts a cluster's silos have: a sorted set in its Redis, in which each silo keeps an entry for as long as it lives and a little
/// longer. It is looked at before the first call between a silo or client and the cluster, which could go wrong in any way. Beside it lies the cluster's
/// incarnation: an id that the first silo makes and that never lapses. Whoever knew another one knows that Redis has lost its data. And beside that the mark of
/// a drained cluster, which silos must see before they join. All of it belongs to the cluster as it was configured, whatever the versions are: here they see
/// each other, and nowhere else.
/// </summary>
/// <param name="connection">The cluster's Redis.</param>
/// <param name="serviceId">The service's id.</param>
/// <param name="clusterId">The cluster's id.</param>
internal sealed class ContractRegistry(IConnectionMultiplexer connection, string serviceId, string clusterId)
{
    /// <summary>How long an entry counts after its last renewal: so long a silo that was killed keeps those of another version out.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    // One step, so that of two silos that start at the same moment one sees the other. Redis' clock is everybody's; an entry from its future is from before
    // that clock was set back. Nothing here lapses by itself: a Redis that evicts what lapses would take it as well.
    private const string ClaimScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local life = tonumber(ARGV[3])
        local entry = ARGV[1] .. ':' .. ARGV[2]
        local incarnation = redis.call('GET', KEYS[2])
        if ARGV[4] ~= '' then
          if not incarnation or incarnation ~= ARGV[4] then return {now, 'lost', incarnation or ''} end
          local told = tonumber(ARGV[6])
          if told > now and told <= now + life then
            local kept = redis.call('ZSCORE', KEYS[1], entry)
            if not kept or tonumber(kept) < told then return {now, 'rewound', incarnation} end
          end
        end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. (now + 2 * life), '+inf')
        local mark = redis.call('GET', KEYS[3]) or ''
        for _, other in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
          if string.match(other, '^%d+') ~= ARGV[1] then return {now, 'refused', other, mark} end
        end
        if mark ~= '' and ARGV[4] == '' then
          if tonumber(string.match(mark, '^%d+')) >= tonumber(ARGV[1]) then return {now, 'drained', incarnation or '', mark} end
          redis.call('DEL', KEYS[3])
          mark = ''
        end
        local how = 'entered'
        if not incarnation then
          incarnation = ARGV[5]
          redis.call('SET', KEYS[2], incarnation)
          how = 'founded'
        end
        redis.call('ZADD', KEYS[1], now + life, entry)
        redis.call('PERSIST', KEYS[1])
        return {now, how, incarnation, mark}
        """;

    private const string LookScript = """
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local silo = redis.call('ZRANGEBYSCORE', KEYS[1], now, now + 2 * ARGV[1], 'LIMIT', 0, 1)
        return {redis.call('GET', KEYS[2]) or '', silo[1] or '', redis.call('GET', KEYS[3]) or ''}
        """;

    private const string DrainScript = """
        local mark = redis.call('GET', KEYS[3])
        if not mark or tonumber(string.match(mark, '^%d+')) < tonumber(ARGV[1]) then
          local time = redis.call('TIME')
          mark = ARGV[1] .. ':' .. string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
          redis.call('SET', KEYS[3], mark)
        end
        return mark
        """;

    // Redis Cluster keeps them in one place: what stands in braces decides.
    private readonly RedisKey[] _keys =
    [
        $"{serviceId}/contracts/{clusterId}",
        $"{{{serviceId}/contracts/{clusterId}}}/incarnation",
        $"{{{serviceId}/contracts/{clusterId}}}/drained",
    ];

    /// <summary>Address of the Redis, without password.</summary>
    public string Where => ClusterRedis.Name(Options);

    private ConfigurationOptions Options => ConfigurationOptions.Parse(connection.Configuration);

    /// <summary>Enters a silo or renews its entry, unless silos of another version are there or, at a renewal, Redis has lost data since.</summary>
    /// <param name="version">The silo's version.</param>
    /// <param name="silo">The silo's name.</param>
    /// <param name="before">What the last call answered; null enters.</param>
    /// <returns>The answer.</returns>
    public async Task<ClaimAnswer> ClaimAsync(int version, string silo, ClaimAnswer? before = null)
    {
        var life = (long)Lifetime.TotalMilliseconds;
        var told = before is null ? 0 : before.Now.ToUnixTimeMilliseconds() + life;
        var answer = (RedisResult[])
            (
                await connection
                    .GetDatabase()
                    .ScriptEvaluateAsync(ClaimScript, _keys, [version, silo, life, before?.Incarnation ?? "", Guid.NewGuid().ToString("N"), told])
            )!;
        var (now, how, what) = (DateTimeOffset.FromUnixTimeMilliseconds((long)answer[0]), (string)answer[1]!, (string)answer[2]!);
        var mark = answer.Length > 3 ? ParseMark((string)answer[3]!) : null;
        return how switch
        {
            "lost" => new ClaimAnswer(now, ClaimOutcome.Lost, what),
            "rewound" => new ClaimAnswer(now, ClaimOutcome.Rewound, what),
            "refused" => new ClaimAnswer(now, ClaimOutcome.Refused, before?.Incarnation ?? "", Parse(what)),
            "drained" => new ClaimAnswer(now, ClaimOutcome.Drained, what) { Drain = mark },
            "founded" => new ClaimAnswer(now, ClaimOutcome.Founded, what) { Drain = mark },
            _ => new ClaimAnswer(now, ClaimOutcome.Entered, what) { Drain = mark },
        };
    }

    /// <summary>Marks the cluster as drained for silos of a version and of those before. A mark that says so already stays.</summary>
    /// <param name="version">The version.</param>
    /// <returns>The mark.</returns>
    public async Task<DrainMark> DrainAsync(int version) =>
        ParseMark((string)(await connection.GetDatabase().ScriptEvaluateAsync(DrainScript, _keys, [version]))!)!;

    /// <summary>Takes the mark away.</summary>
    /// <returns>When done.</returns>
    public Task ResumeAsync() => connection.GetDatabase().KeyDeleteAsync(_keys[2]);

    /// <summary>The mark of a drained cluster.</summary>
    /// <returns>The mark; null: it is not drained.</returns>
    public async Task<DrainMark?> FindDrainAsync() => ParseMark((string?)await connection.GetDatabase().StringGetAsync(_keys[2]) ?? "");

    /// <summary>Takes a silo's entry out.</summary>
    /// <param name="version">The silo's version.</param>
    /// <param name="silo">The silo's name.</param>
    /// <returns>When done.</returns>
    public Task ReleaseAsync(int version, string silo) => connection.GetDatabase().SortedSetRemoveAsync(_keys[0], Entry(version, silo));

    /// <summary>Refuses a cluster whose silos have another version.</summary>
    /// <param name="version">The client's version.</param>
    /// <returns>What is known of the cluster.</returns>
    /// <exception cref="OneShotException">unavailable: there are others, or Redis does not answer.</exception>
    public async Task<ClusterView> RequireAsync(int version)
    {
        var (incarnation, entry, mark) = await LookAsync();
        if (entry.Length > 0 && Parse(entry) is var (other, silo) && other != version)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"The cluster at Redis {Where} has version {other} of the contracts (silo {silo}); this program has version {version}.",
                    "cluster",
                    "Use the oneshot of the version that the silos run."
                )
            );
        }

        return new ClusterView(incarnation, entry.Length > 0, mark);
    }

    /// <summary>Whether silos of a version are there.</summary>
    /// <param name="version">The version.</param>
    /// <returns>False: all have left, and those of another one may have come.</returns>
    /// <exception cref="OneShotException">unavailable: Redis does not answer.</exception>
    public async Task<bool> HasSilosAsync(int version) => (await LookAsync()).Entry is { Length: > 0 } entry && Parse(entry).Version == version;

    /// <summary>What it means that Redis did not answer.</summary>
    /// <param name="error">The failure.</param>
    /// <returns>unavailable, with the address.</returns>
    public OneShotException Refusal(Exception error) => ClusterRedis.Refusal(Options, error);

    private async Task<(string Incarnation, string Entry, DrainMark? Mark)> LookAsync()
    {
        try
        {
            var answer = (RedisResult[])(await connection.GetDatabase().ScriptEvaluateAsync(LookScript, _keys, [(long)Lifetime.TotalMilliseconds]))!;
            return ((string)answer[0]!, (string)answer[1]!, ParseMark((string)answer[2]!));
        }
        catch (Exception e) when (e is RedisException and not RedisServerException or TimeoutException)
        {
            throw Refusal(e);
        }
        catch (RedisServerException e)
        {
            // A user without the rights, a Redis that still loads its data, or one that went away in the middle.
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"Redis at {Where} does not let this program look at the cluster: {e.Message}",
                    "cluster",
                    "Check the rights of its user, or try again."
                ),
                e
            );
        }
    }

    private static string Entry(int version, string silo) => string.Create(CultureInfo.InvariantCulture, $"{version}:{silo}");

    private static (int Version, string Silo) Parse(string entry)
    {
        var colon = entry.IndexOf(':', StringComparison.Ordinal);
        return (int.Parse(entry.AsSpan(0, colon), CultureInfo.InvariantCulture), entry[(colon + 1)..]);
    }

    private static DrainMark? ParseMark(string mark) =>
        mark.Length > 0 && Parse(mark) is var (version, since)
            ? new DrainMark(version, DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(since, CultureInfo.InvariantCulture)))
            : null;
}
