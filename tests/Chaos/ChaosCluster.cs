using System.Globalization;
using System.Net;
using System.Net.Sockets;
using OrleansOneShot.Client;
using OrleansOneShot.Silo.Cluster;

namespace OrleansOneShot.Chaos;

/// <summary>A Redis that keeps its data, and silos in processes of their own.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private readonly string _root;
    private readonly int _port;
    private readonly ServerProcess?[] _silos;
    private readonly string[] _addresses;
    private ServerProcess? _redis;

    private ChaosCluster(string root, int silos)
    {
        _root = Directory.CreateDirectory(root).FullName;
        _port = FreePort();
        _silos = new ServerProcess?[silos];
        _addresses = new string[silos];
    }

    /// <summary>The folder of artifacts.</summary>
    public string Data => Path.Combine(_root, "data");

    /// <summary>Starts everything.</summary>
    /// <param name="root">An own folder.</param>
    /// <param name="silos">Number of silos, one slot each.</param>
    public static async Task<ChaosCluster> StartAsync(string root, int silos)
    {
        var cluster = new ChaosCluster(root, silos);
        await cluster.StartRedisAsync();
        await Task.WhenAll(Enumerable.Range(0, silos).Select(cluster.StartSiloAsync));
        return cluster;
    }

    /// <summary>A client that waits for the cluster.</summary>
    public Task<OneShotClient> ConnectAsync() => OneShotClient.ConnectAsync(new OneShotClientOptions
    {
        Redis = $"127.0.0.1:{_port}",
        ClusterId = ClusterSiloOptions.DefaultClusterId,
        ConnectTimeout = TimeSpan.FromMinutes(2),
    });

    /// <summary>The address of a silo's present life.</summary>
    /// <param name="silo">Number of the silo.</param>
    public string Address(int silo) => _addresses[silo];

    /// <summary>Makes something go wrong, and right again.</summary>
    /// <param name="fault">The fault.</param>
    public async Task SufferAsync(Fault fault)
    {
        switch (fault.Kind)
        {
            case FaultKind.Freeze:
                await _silos[fault.Silo]!.SignalAsync("STOP");
                await Task.Delay(fault.Lasts);
                await _silos[fault.Silo]!.SignalAsync("CONT");

                // A silo that finds itself evicted ends by itself; one that is still a member goes on.
                if (await EndsWithinAsync(_silos[fault.Silo]!, TimeSpan.FromSeconds(20)))
                {
                    await StartSiloAsync(fault.Silo);
                }

                break;
            case FaultKind.Redis:
                await _redis!.SignalAsync("TERM");
                await _redis.EndAsync();
                await Task.Delay(fault.Lasts);
                await StartRedisAsync();
                break;
            default:
                await _silos[fault.Silo]!.SignalAsync(fault.Kind == FaultKind.Kill ? "KILL" : "TERM");
                await _silos[fault.Silo]!.EndAsync();
                await Task.Delay(fault.Lasts);
                await StartSiloAsync(fault.Silo);
                break;
        }

        await ReviveAsync();
    }

    /// <summary>Starts silos again that ended on their own, as a supervisor does.</summary>
    public async Task ReviveAsync()
    {
        for (var i = 0; i < _silos.Length; i++)
        {
            if (!_silos[i]!.IsAlive)
            {
                await StartSiloAsync(i);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var silo in _silos)
        {
            silo?.Dispose();
        }

        _redis?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task<bool> EndsWithinAsync(ServerProcess process, TimeSpan time)
    {
        var end = process.EndAsync();
        return await Task.WhenAny(end, Task.Delay(time)) == end;
    }

    private async Task StartRedisAsync()
    {
        _redis?.Dispose();
        var port = _port.ToString(CultureInfo.InvariantCulture);
        _redis = ServerProcess.Start("redis-server", ["--port", port, "--bind", "127.0.0.1", "--dir", _root, "--save", "", "--appendonly", "yes", "--appendfsync", "always"], "Ready to accept");
        await _redis.Ready;
    }

    private async Task StartSiloAsync(int i)
    {
        const int Attempts = 10;
        for (var attempt = 1; ; attempt++)
        {
            _silos[i]?.Dispose();
            var program = Path.Combine(AppContext.BaseDirectory, "oneshot.dll");
            var silo = ServerProcess.Start("dotnet", [program, "serve", "--cluster", $"redis://127.0.0.1:{_port}", "--data", Data], "Ready: silo ");
            _silos[i] = silo;
            try
            {
                _addresses[i] = (await silo.Ready).Split(' ')[2];
                return;
            }
            catch (InvalidOperationException) when (attempt < Attempts)
            {
                // Redis may be away at this moment.
                await Task.Delay(TimeSpan.FromSeconds(1));
            }
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
