using System.Globalization;
using OrleansOneShot.Client;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.Storage.Tests.Support;

namespace OrleansOneShot.Chaos;

/// <summary>A Redis that keeps its data, a blob store behind a proxy, and silos in processes of their own, which are started again when they end, as a supervisor does.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private readonly string _root;
    private readonly int _port = FreePort.Find();
    private readonly Silo[] _silos;
    private readonly CancellationTokenSource _stop = new();
    private AzuriteServer? _azurite;
    private OutageProxy? _proxy;
    private ServerProcess? _redis;
    private Task _supervision = Task.CompletedTask;
    private int _endedByThemselves;
    private bool _disposed;

    private ChaosCluster(string root, int silos)
    {
        _root = Directory.CreateDirectory(root).FullName;
        _silos = [.. Enumerable.Range(0, silos).Select(i => new Silo(Path.Combine(_root, string.Create(CultureInfo.InvariantCulture, $"silo-{i}"))))];
    }

    /// <summary>The data folders of the silos: each is a machine of its own.</summary>
    public IReadOnlyList<string> DataFolders => [.. _silos.Select(silo => silo.Data)];

    /// <summary>What the processes log.</summary>
    public IReadOnlyList<string> Logs => [.. _silos.SelectMany(silo => LogsOf(silo).Append(silo.Output)), Path.Combine(_root, "redis.out")];

    /// <summary>Silos that ended without having been told to, such as evicted ones.</summary>
    public int EndedByThemselves => _endedByThemselves;

    /// <summary>The blob store, past the proxy: no fault but a frozen Azurite reaches who looks through this.</summary>
    public IArtifactStore Store { get; private set; } = null!;

    /// <summary>Starts everything.</summary>
    /// <param name="root">An own folder.</param>
    /// <param name="silos">Number of silos, one slot each.</param>
    /// <param name="prepare">Is given the cluster before its silos start.</param>
    public static async Task<ChaosCluster> StartAsync(string root, int silos, Action<ChaosCluster> prepare)
    {
        var cluster = new ChaosCluster(root, silos);
        try
        {
            prepare(cluster);
            await cluster.StartRedisAsync();
            cluster._azurite = await AzuriteServer.StartAsync(Directory.CreateDirectory(Path.Combine(cluster._root, "azurite")).FullName);
            cluster._proxy = new OutageProxy(cluster._azurite.Port);
            cluster.Store = ArtifactStores.Create(new ArtifactStoreOptions { Azure = new AzureBlobOptions { ConnectionString = cluster._azurite.ConnectionString } });
            await Task.WhenAll(cluster._silos.Select(cluster.StartSiloAsync));
            cluster._supervision = Task.WhenAll(cluster._silos.Select(cluster.SuperviseAsync));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>A client that waits for the cluster.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task<OneShotClient> ConnectAsync(CancellationToken cancellationToken) => OneShotClient.ConnectAsync(
        new OneShotClientOptions
        {
            Redis = $"127.0.0.1:{_port}",
            ClusterId = ClusterSiloOptions.DefaultClusterId,
            ConnectTimeout = TimeSpan.FromMinutes(2),
            BusyTimeout = TimeSpan.FromMinutes(2),
        },
        cancellationToken);

    /// <summary>The address of a silo's present life; null while it has none.</summary>
    /// <param name="silo">Number of the silo.</param>
    public string? Address(int silo) => _silos[silo].Address;

    /// <summary>Makes something go wrong, and right again. A silo that has ended starts again in the background.</summary>
    /// <param name="fault">The fault.</param>
    /// <param name="silo">The silo it happens to.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public async Task SufferAsync(Fault fault, int silo, CancellationToken cancellationToken)
    {
        switch (fault.Kind)
        {
            case FaultKind.Freeze:
                await _silos[silo].Process!.SignalAsync("STOP");
                await Task.Delay(fault.Lasts, cancellationToken);

                // A silo that finds itself evicted ends by itself; one that is still a member goes on.
                await _silos[silo].Process!.SignalAsync("CONT");
                break;
            case FaultKind.Redis:
                await _redis!.SignalAsync("TERM");
                await _redis.EndAsync(cancellationToken);
                await Task.Delay(fault.Lasts, cancellationToken);
                await StartRedisAsync();
                break;
            case FaultKind.BlobsCut:
                await _proxy!.CutAsync();
                await Task.Delay(fault.Lasts, cancellationToken);
                await _proxy.MendAsync();
                break;
            case FaultKind.BlobsFrozen:
                await _azurite!.SignalAsync("STOP");
                await Task.Delay(fault.Lasts, cancellationToken);
                await _azurite.SignalAsync("CONT");
                break;
            default:
                _silos[silo].Held = true;
                await _silos[silo].Process!.SignalAsync(fault.Kind == FaultKind.Kill ? "KILL" : "TERM");
                await _silos[silo].Process!.EndAsync(cancellationToken);
                await Task.Delay(fault.Lasts, cancellationToken);
                _silos[silo].Held = false;
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stop.CancelAsync();
        await _supervision.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var silo in _silos)
        {
            silo.Process?.Dispose();
        }

        _redis?.Dispose();
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        if (_azurite is not null)
        {
            await _azurite.DisposeAsync();
        }

        _stop.Dispose();
    }

    private async Task SuperviseAsync(Silo silo)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), _stop.Token);
            if (!silo.Held && !silo.Process!.IsAlive)
            {
                Interlocked.Add(ref _endedByThemselves, silo.WasHeld ? 0 : 1);
                silo.WasHeld = false;
                await StartSiloAsync(silo);
            }

            silo.WasHeld |= silo.Held;
        }
    }

    private async Task StartRedisAsync()
    {
        _redis?.Dispose();
        var port = _port.ToString(CultureInfo.InvariantCulture);
        _redis = ServerProcess.Start(
            "redis-server",
            [Path.Combine(AppContext.BaseDirectory, "redis.conf"), "--port", port, "--bind", "127.0.0.1", "--dir", _root],
            new Dictionary<string, string?>(),
            "Ready to accept",
            Path.Combine(_root, "redis.out"));
        await _redis.Ready.WaitAsync(_stop.Token);
    }

    private async Task StartSiloAsync(Silo silo)
    {
        var environment = new Dictionary<string, string?>
        {
            // One thread a slot, and none that spins: many processes share few processors.
            ["OMP_NUM_THREADS"] = "1",
            ["OMP_WAIT_POLICY"] = "PASSIVE",
            [ArtifactStoreOptions.ConnectionVariable] = _azurite!.ConnectionTo(_proxy!.Port),
            [ArtifactStoreOptions.ConnectionFileVariable] = null,
            [ArtifactStoreOptions.ServiceVariable] = null,
            [ArtifactStoreOptions.ContainerVariable] = null,
            [ArtifactStoreOptions.PrefixVariable] = null,
        };
        const int Attempts = 60;
        for (var attempt = 1; ; attempt++)
        {
            silo.Address = null;
            silo.Process?.Dispose();
            var program = Path.Combine(AppContext.BaseDirectory, "oneshot.dll");
            silo.Process = ServerProcess.Start("dotnet", [program, "serve", "--cluster", $"redis://127.0.0.1:{_port}", "--data", silo.Data], environment, "Ready: silo ", silo.Output);
            try
            {
                silo.Address = (await silo.Process.Ready.WaitAsync(_stop.Token)).Split(' ')[2];
                return;
            }
            catch (InvalidOperationException) when (attempt < Attempts)
            {
                // Redis or the blob store may be away at this moment; a supervisor waits a little and tries again.
                await Task.Delay(TimeSpan.FromSeconds(1), _stop.Token);
            }
        }
    }

    // One a process, and each start is a new process.
    private static IEnumerable<string> LogsOf(Silo silo) => Path.Combine(silo.Data, "logs") is var folder && Directory.Exists(folder) ? Directory.GetFiles(folder).Order(StringComparer.Ordinal) : [];

    private sealed class Silo(string root)
    {
        public string Data { get; } = Directory.CreateDirectory(root).FullName;

        public string Output { get; } = root + ".out";

        public ServerProcess? Process { get; set; }

        public string? Address { get; set; }

        /// <summary>Down on purpose: it must not be started yet.</summary>
        public bool Held { get; set; }

        /// <summary>Its end was on purpose.</summary>
        public bool WasHeld { get; set; }
    }
}
