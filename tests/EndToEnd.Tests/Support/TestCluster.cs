using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>A Redis and silos in processes of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<(OneShotProcess Process, string Address)> _silos = [];
    private readonly RedisServer _redis;
    private readonly string _data;

    private TestCluster(RedisServer redis, string data)
    {
        _redis = redis;
        _data = data;
    }

    /// <summary>What commands need to mean this cluster.</summary>
    public string[] Options => ["--cluster", _redis.Address, "--data", _data];

    /// <summary>Starts a cluster whose silos have one slot each.</summary>
    public static async Task<TestCluster> StartAsync(int silos, string data)
    {
        var cluster = new TestCluster(await RedisServer.StartAsync(), data);
        try
        {
            var starting = Enumerable.Range(0, silos).Select(_ => OneShotProcess.Start(["serve", .. cluster.Options])).ToList();
            foreach (var silo in starting)
            {
                var ready = await silo.SaysAsync(line => line.StartsWith("Ready: silo ", StringComparison.Ordinal));
                cluster._silos.Add((silo, ready.Split(' ')[2]));
            }

            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>The silos whose slots are in a state: "leased" by a job, or "lent" to one.</summary>
    public async Task<IReadOnlyList<OneShotProcess>> FindAsync(string state)
    {
        var slots = (await OneShotProcess.RunAsync(["cluster", "slots", "--format", "json", .. Options])).Expect(0).Document["slots"]!.AsArray();
        var addresses = slots.Where(slot => (string?)slot!["state"] == state).Select(slot => (string?)slot!["silo"]).ToHashSet();
        return [.. _silos.Where(silo => addresses.Contains(silo.Address)).Select(silo => silo.Process)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (process, _) in _silos)
        {
            await process.DisposeAsync();
        }

        await _redis.DisposeAsync();
    }
}
