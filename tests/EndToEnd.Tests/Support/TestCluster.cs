using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.EndToEnd.Tests.Support;

/// <summary>A Redis and silos in processes of their own.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private readonly List<TestSilo> _silos = [];
    private static readonly string[] s_urls = ["--urls", "http://127.0.0.1:0"];
    private static readonly string[] s_management = ["--management-urls", "http://127.0.0.1:0"];

    private readonly RedisServer _redis;
    private readonly string _data;

    private TestCluster(RedisServer redis, string data)
    {
        _redis = redis;
        _data = data;
    }

    /// <summary>What commands need to mean this cluster.</summary>
    public string[] Options => ["--cluster", _redis.Address, "--data", _data];

    /// <summary>The cluster's Redis.</summary>
    public RedisServer Redis => _redis;

    /// <summary>The silos, in the order in which they were started.</summary>
    public IReadOnlyList<TestSilo> Silos => _silos;

    /// <summary>Starts a cluster whose silos have one slot each.</summary>
    /// <param name="silos">How many.</param>
    /// <param name="data">The data folder that they share.</param>
    /// <param name="http">Whether each serves HTTP as well.</param>
    /// <param name="management">Whether each has a management listener.</param>
    public static async Task<TestCluster> StartAsync(int silos, string data, bool http = false, bool management = false)
    {
        var cluster = new TestCluster(await RedisServer.StartAsync(), data);
        try
        {
            string[] listeners = [.. http ? s_urls : [], .. management ? s_management : []];
            var starting = Enumerable.Range(0, silos).Select(_ => OneShotProcess.Start(["serve", .. cluster.Options, .. listeners])).ToList();
            foreach (var silo in starting)
            {
                var health = management ? new Uri(HttpServer.ManagementIn(await silo.SaysAsync(HttpServer.TellsOfHealth))) : null;
                var url = http ? HttpServer.AddressIn(await silo.SaysAsync(HttpServer.IsReady)) : null;
                var ready = await silo.SaysAsync(line => line.StartsWith("Ready: silo ", StringComparison.Ordinal));
                cluster._silos.Add(new TestSilo(silo, ready.Split(' ')[2], url, health));
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
    public async Task<IReadOnlyList<OneShotProcess>> FindAsync(string state) => [.. (await FindSilosAsync(state)).Select(silo => silo.Process)];

    /// <summary>As <see cref="FindAsync"/>.</summary>
    public async Task<IReadOnlyList<TestSilo>> FindSilosAsync(string state)
    {
        var slots = (await OneShotProcess.RunAsync(["cluster", "slots", "--format", "json", .. Options])).Expect(0).Document["slots"]!.AsArray();
        var addresses = slots.Where(slot => (string?)slot!["state"] == state).Select(slot => (string?)slot!["silo"]).ToHashSet();
        return [.. _silos.Where(silo => addresses.Contains(silo.Address))];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            await silo.Process.DisposeAsync();
        }

        await _redis.DisposeAsync();
    }
}

/// <summary>A silo in a process of its own.</summary>
/// <param name="Process">The process.</param>
/// <param name="Address">Its address, as the cluster knows it.</param>
/// <param name="Url">Where it serves HTTP, if it does.</param>
/// <param name="Management">Where it tells of its health and its metrics, if it does.</param>
internal sealed record TestSilo(OneShotProcess Process, string Address, Uri? Url, Uri? Management = null);
