using OrleansOneShot.Documents.Errors;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>What a Redis does with what it is told. It holds all jobs, so it must keep them when it dies, and throw none away when it is full.</summary>
/// <param name="AppendOnly">Whether it writes a log of all changes; null: it does not tell.</param>
/// <param name="Save">When it writes snapshots, such as "3600 1"; empty: never; null: it does not tell.</param>
/// <param name="Eviction">What it throws away when its memory is full, such as "noeviction"; null: it does not tell.</param>
internal sealed record RedisSettings(bool? AppendOnly, string? Save, string? Eviction)
{
    /// <summary>How a Redis for a cluster is started; the one place that says so for people, tests and chaos.</summary>
    private const string Fix = "Start it as docs/CLUSTER.md says (redis-server docs/redis.conf)";

    /// <summary>Asks a Redis.</summary>
    /// <param name="connection">The Redis; of several servers the first that is no replica.</param>
    /// <returns>What it tells. One that forbids CONFIG, as many that are rented do, tells less.</returns>
    public static async Task<RedisSettings> ReadAsync(IConnectionMultiplexer connection)
    {
        var server = connection.GetServers().FirstOrDefault(server => server is { IsConnected: true, IsReplica: false }) ?? connection.GetServers()[0];
        if (await TryAsync(() => ConfigAsync(server)) is { } config)
        {
            return new RedisSettings(
                Parse(config.GetValueOrDefault("appendonly")),
                config.GetValueOrDefault("save"),
                config.GetValueOrDefault("maxmemory-policy")
            );
        }

        var info = await TryAsync(() => InfoAsync(server)) ?? [];
        return new RedisSettings(Parse(info.GetValueOrDefault("aof_enabled")), null, info.GetValueOrDefault("maxmemory_policy"));
    }

    /// <summary>Refuses a Redis that loses jobs.</summary>
    /// <param name="where">Its address.</param>
    /// <param name="allowed">Whether one that does is wanted.</param>
    /// <returns>What should be known all the same, each one sentence.</returns>
    /// <exception cref="OneShotException">unavailable: it loses jobs, and that is not wanted.</exception>
    public IReadOnlyList<string> Require(string where, bool allowed)
    {
        var faults = new List<ErrorDetail>();
        if (AppendOnly == false && Save?.Trim() is "")
        {
            faults.Add(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"Redis at {where} keeps nothing on disk (appendonly no, no save rule): when it ends, all jobs are lost.",
                    "cluster"
                )
            );
        }

        if (Eviction?.StartsWith("allkeys-", StringComparison.Ordinal) == true)
        {
            faults.Add(
                new ErrorDetail(ErrorCodes.Unavailable, $"Redis at {where} throws jobs away when its memory is full (maxmemory-policy {Eviction}).", "cluster")
            );
        }

        if (faults.Count > 0 && !allowed)
        {
            throw new OneShotException(faults[0] with { Hint = $"{Fix}, or give --allow-volatile-redis where jobs may be lost." });
        }

        return [.. faults.Select(fault => fault.Message), .. Doubts(where)];
    }

    private IEnumerable<string> Doubts(string where)
    {
        if (AppendOnly == false && Save?.Trim() is { Length: > 0 } save)
        {
            yield return $"Redis at {where} keeps snapshots alone (save {save}): when it dies, what came after the last one is lost; appendonly yes keeps all.";
        }

        if (AppendOnly is null || (AppendOnly == false && Save is null))
        {
            yield return $"Redis at {where} does not tell whether it keeps its data (CONFIG is forbidden): see to it that it does, best with appendonly yes.";
        }

        if (Eviction is null)
        {
            yield return $"Redis at {where} does not tell what it does when its memory is full (CONFIG and INFO are forbidden): see to it that "
                + $"maxmemory-policy is noeviction.";
        }
        else if (Eviction.StartsWith("volatile-", StringComparison.Ordinal))
        {
            yield return $"Redis at {where} throws keys that lapse away when its memory is full (maxmemory-policy {Eviction}); no job's does, but noeviction "
                + $"is the right policy.";
        }
    }

    // As texts, since the client keeps both commands for administrators of Redis.
    private static async Task<Dictionary<string, string>> ConfigAsync(IServer server)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var name in (string[])["appendonly", "save", "maxmemory-policy"])
        {
            if ((RedisResult[]?)await server.ExecuteAsync("CONFIG", "GET", name) is [_, var value, ..])
            {
                known[name] = (string?)value ?? "";
            }
        }

        return known;
    }

    private static async Task<Dictionary<string, string>> InfoAsync(IServer server)
    {
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var section in (string[])["persistence", "memory"])
        {
            foreach (var line in ((string?)await server.ExecuteAsync("INFO", section) ?? "").Split('\n', StringSplitOptions.TrimEntries))
            {
                if (line.Split(':', 2) is [var name, var value])
                {
                    known[name] = value;
                }
            }
        }

        return known;
    }

    private static async Task<Dictionary<string, string>?> TryAsync(Func<Task<Dictionary<string, string>>> ask)
    {
        try
        {
            return await ask() is { Count: > 0 } answer ? answer : null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // Forbidden, renamed, or away: the claim that follows tells the latter.
            return null;
        }
    }

    private static bool? Parse(string? text) =>
        text switch
        {
            "yes" or "1" => true,
            "no" or "0" => false,
            _ => null,
        };
}
