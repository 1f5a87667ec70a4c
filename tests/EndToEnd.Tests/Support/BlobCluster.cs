using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>
/// A cluster whose silos and clients share a Redis and a blob store and nothing else: each has a data folder of its own, as on machines of their own.
/// </summary>
internal sealed class BlobCluster : IAsyncDisposable
{
    private readonly RedisServer _redis;
    private readonly AzuriteServer _blobs;
    private readonly List<(string Data, OneShotProcess Process)> _silos = [];
    private readonly Dictionary<string, (string Data, OneShotProcess Process)> _byAddress = [];

    private BlobCluster(RedisServer redis, AzuriteServer blobs)
    {
        _redis = redis;
        _blobs = blobs;
    }

    /// <summary>The silos with their data folders, in the order in which they were started.</summary>
    public IReadOnlyList<(string Data, OneShotProcess Process)> Silos => _silos;

    private Dictionary<string, string> Environment => new() { ["ONESHOT_BLOBS_CONNECTION"] = _blobs.ConnectionString };

    /// <summary>Starts Redis and the blob store, and no silo yet.</summary>
    public static async Task<BlobCluster> StartAsync()
    {
        var redis = await RedisServer.StartAsync();
        try
        {
            return new BlobCluster(redis, await AzuriteServer.StartAsync());
        }
        catch
        {
            await redis.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a silo with one slot.</summary>
    /// <param name="data">Its data folder.</param>
    /// <param name="more">More variables of its environment.</param>
    public async Task<OneShotProcess> AddSiloAsync(string data, params (string Name, string Value)[] more)
    {
        var environment = Environment;
        foreach (var (name, value) in more)
        {
            environment[name] = value;
        }

        var silo = OneShotProcess.Start(environment, "serve", "--cluster", _redis.Address, "--data", data);
        _silos.Add((data, silo));
        var ready = await silo.SaysAsync(line => line.StartsWith("Ready: silo ", StringComparison.Ordinal));
        _byAddress.Add(ready.Split(' ')[2], (data, silo));
        return silo;
    }

    /// <summary>Finds a silo that works for a job.</summary>
    /// <param name="client">What a command of a client needs beside the cluster.</param>
    /// <returns>The silo with its data folder; null: none works.</returns>
    public async Task<(string Data, OneShotProcess Process)?> FindLeasedAsync(IEnumerable<string> client)
    {
        var slots = (await RunAsync(["cluster", "slots", "--format", "json", .. client])).Expect(0).Document["slots"]!.AsArray();
        return slots.FirstOrDefault(slot => (string?)slot!["state"] == "leased") is { } leased ? _byAddress[(string)leased["silo"]!] : null;
    }

    /// <summary>Starts a command of a client.</summary>
    public OneShotProcess Start(params IEnumerable<string> arguments) => OneShotProcess.Start(Environment, [.. arguments, "--cluster", _redis.Address]);

    /// <summary>Runs a command of a client to its end.</summary>
    public Task<Ended> RunAsync(params IEnumerable<string> arguments) => OneShotProcess.RunAsync(Environment, [.. arguments, "--cluster", _redis.Address]);

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, silo) in _silos)
        {
            await silo.DisposeAsync();
        }

        await _blobs.DisposeAsync();
        await _redis.DisposeAsync();
    }
}
