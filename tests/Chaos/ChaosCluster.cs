using System.Globalization;
using System.Net;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Azure;
using OrleansOneShot.TestKit;
using OrleansOneShot.TestKit.Servers;

namespace OrleansOneShot.Chaos;

/// <summary>
/// A Redis that keeps its data, a blob store behind a proxy, and silos in processes of their own, which are started again when they end, as a supervisor does.
/// </summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private static readonly int[] s_jumps = [3600, -3600, 120, -120, 20, -20, 5];
    private static readonly string[] s_peers = ["another silo", "Redis", "the store"];

    private readonly string _root;
    private readonly ChaosMeans _means;
    private readonly int _port = FreePort.Find();
    private readonly ChaosSilo[] _silos;
    private readonly List<ChaosSilo> _all = [];
    private readonly Action<string> _prepare;
    private readonly CancellationTokenSource _stop = new();
    private AzuriteServer? _azurite;
    private OutageProxy? _proxy;
    private ServerProcess? _redis;
    private Task[] _supervision = [];
    private int _endedByThemselves;
    private bool _disposed;

    private ChaosCluster(string root, int silos, ChaosMeans means, Action<string> prepare)
    {
        _root = Directory.CreateDirectory(root).FullName;
        _means = means;
        _prepare = prepare;
        _silos = new ChaosSilo[silos];
    }

    /// <summary>Number of silos, without one that is there for a while.</summary>
    public int Count => _silos.Length;

    /// <summary>The data folders of all silos that there were: each is a machine of its own.</summary>
    public IReadOnlyList<string> DataFolders => [.. All.Select(silo => silo.Data)];

    /// <summary>What the processes log.</summary>
    public IReadOnlyList<string> Logs => [.. All.SelectMany(silo => silo.Logs), Path.Combine(_root, "redis.out")];

    /// <summary>Silos that ended without having been told to, such as evicted ones.</summary>
    public int EndedByThemselves => _endedByThemselves;

    /// <summary>What processes did not do in time: start again, however often it was tried, or end when they were asked to.</summary>
    public IReadOnlyList<string> Troubles =>
        [
            .. _supervision
                .Select(task => task.Exception?.InnerExceptions[0].Message)
                .Where(message => message is not null)
                .Select(message => $"a silo can't be started again: {message}"),
            .. All.SelectMany(silo => silo.Troubles),
        ];

    /// <summary>The blob store, past the proxy: no fault but a frozen Azurite reaches who looks through this.</summary>
    public IArtifactStore Store { get; private set; } = null!;

    /// <summary>Changes bytes behind the store's back.</summary>
    public StoredBytes Bytes { get; private set; } = null!;

    /// <summary>The cluster as a command line names it.</summary>
    public string RedisAddress => string.Create(CultureInfo.InvariantCulture, $"redis://{RedisHost}:{_port}");

    /// <summary>The store's variables for a process that goes through the proxy.</summary>
    public IReadOnlyDictionary<string, string?> StoreEnvironment =>
        new Dictionary<string, string?>
        {
            // One thread a slot, and none that spins: many processes share few processors.
            ["OMP_NUM_THREADS"] = "1",
            ["OMP_WAIT_POLICY"] = "PASSIVE",

            // Process numbers repeat in other runs, and so would these files' names.
            ["DOTNET_EnableDiagnostics"] = "0",
            [AzureBlobLocation.ConnectionVariable] = _azurite!.ConnectionTo(_proxy!.Port).Replace("//127.0.0.1:", $"//{StoreHost}:", StringComparison.Ordinal),
            [SiloStore.AddressVariable] = null,
            [AzureBlobLocation.ConnectionFileVariable] = null,
            [AzureBlobLocation.ServiceVariable] = null,
            [AzureBlobLocation.ContainerVariable] = null,
            [AzureBlobLocation.PrefixVariable] = null,
        };

    private IPAddress RedisHost => _means.Network is null ? IPAddress.Loopback : ChaosNetwork.Redis;

    private IPAddress StoreHost => _means.Network is null ? IPAddress.Loopback : ChaosNetwork.Store;

    private IReadOnlyList<ChaosSilo> All
    {
        get
        {
            lock (_all)
            {
                return [.. _all];
            }
        }
    }

    /// <summary>Starts everything.</summary>
    /// <param name="root">An own folder.</param>
    /// <param name="silos">Number of silos, one slot each.</param>
    /// <param name="means">What this machine can do.</param>
    /// <param name="prepare">Is given the data folder of each silo before its first start.</param>
    public static async Task<ChaosCluster> StartAsync(string root, int silos, ChaosMeans means, Action<string> prepare)
    {
        MissingMeansException.ThrowIfServersAreMissing();
        var cluster = new ChaosCluster(root, silos, means, prepare);
        try
        {
            await cluster.StartRedisAsync();
            cluster._azurite = await AzuriteServer.StartAsync(Directory.CreateDirectory(Path.Combine(cluster._root, "azurite")).FullName);
            cluster._proxy = new OutageProxy(cluster._azurite.Port, cluster.StoreHost);
            var options = new AzureBlobOptions { ConnectionString = cluster._azurite.ConnectionString };
            cluster.Store = new AzureBlobLocation(options).Open();
            cluster.Bytes = new StoredBytes(options);
            await Task.WhenAll(Enumerable.Range(0, silos).Select(async slot => cluster._silos[slot] = await cluster.AddAsync()));
            cluster._supervision = [.. Enumerable.Range(0, silos).Select(cluster.SuperviseAsync)];
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
    public Task<ClusterClient> ConnectAsync(CancellationToken cancellationToken) =>
        ClusterClient.ConnectAsync(
            new ClusterClientOptions
            {
                Redis = $"{RedisHost}:{_port}",
                ClusterId = ClusterSiloOptions.DefaultClusterId,
                ConnectTimeout = TimeSpan.FromMinutes(2),
                BusyTimeout = TimeSpan.FromMinutes(2),
            },
            cancellationToken
        );

    /// <summary>The address of a silo's present life; null while it has none.</summary>
    /// <param name="silo">Number of the silo.</param>
    public string? Address(int silo) => _silos[silo].Address;

    /// <summary>Makes something go wrong, and right again. A silo that has ended starts again in the background.</summary>
    /// <param name="fault">The fault; those of stored bytes are made elsewhere.</param>
    /// <param name="slot">The silo it happens to.</param>
    /// <param name="cancellationToken">Stops in the middle.</param>
    public async Task SufferAsync(Fault fault, int slot, CancellationToken cancellationToken)
    {
        var silo = slot < 0 ? null : _silos[slot];
        switch (fault.Kind)
        {
            case FaultKind.Freeze:
                await silo!.Process!.SignalAsync("STOP");
                await Task.Delay(fault.Lasts, cancellationToken);

                // A silo that finds itself evicted ends by itself; one that is still a member goes on.
                await silo.Process!.SignalAsync("CONT");
                break;
            case FaultKind.Redis or FaultKind.RedisKill:
                await _redis!.SignalAsync(fault.Kind == FaultKind.Redis ? "TERM" : "KILL");
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
            case FaultKind.Disk:
                await silo!.Disk.FillAsync();
                await Task.Delay(fault.Lasts, cancellationToken);
                await silo.Disk.FreeAsync();
                break;
            case FaultKind.Clock:
                await JumpAsync(fault, silo!, cancellationToken);
                break;
            case FaultKind.Partition:
                await PartAsync(fault, slot, cancellationToken);
                break;
            case FaultKind.Replace:
                // Supervision looks at whoever has the slot, and starts it.
                await silo!.EndAsync("TERM", cancellationToken);
                _silos[slot] = await PrepareAsync();
                break;
            case FaultKind.Join:
                var more = await AddAsync();
                await Task.Delay(fault.Lasts, cancellationToken);
                await more.EndAsync("TERM", cancellationToken);
                break;
            default:
                await silo!.EndAsync(fault.Kind == FaultKind.Drain ? "TERM" : "KILL", cancellationToken);
                await Task.Delay(fault.Lasts, cancellationToken);
                silo.Held = false;
                break;
        }
    }

    /// <summary>Has a silo stand still, until it is killed.</summary>
    /// <param name="slot">Number of the silo.</param>
    public Task StopAsync(int slot) => _silos[slot].Process!.SignalAsync("STOP");

    /// <summary>What a fault does, for people.</summary>
    /// <param name="fault">The fault.</param>
    public static string? Describe(Fault fault) =>
        fault.Kind switch
        {
            FaultKind.Clock => string.Create(
                CultureInfo.InvariantCulture,
                $"by {s_jumps[fault.Variant % s_jumps.Length]:+0;-0} s{(KillsAll(fault) ? ", then all silos are killed" : "")}"
            ),
            FaultKind.Partition => CutOf(fault) switch
            {
                (var peer, true) => $"from it to {peer}",
                (var peer, false) => $"from {peer} to it",
            },
            _ => null,
        };

    /// <summary>Whether a fault ends every silo.</summary>
    /// <param name="fault">The fault.</param>
    public static bool KillsAll(Fault fault) => fault.Kind == FaultKind.Clock && fault.Variant / 16 % 4 == 0;

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stop.CancelAsync();
        await Task.WhenAll(_supervision).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var silo in All)
        {
            silo.Dispose();
            if (_means.HasDisks)
            {
                await silo.Disk.UnmountAsync();
            }
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

    private async Task JumpAsync(Fault fault, ChaosSilo silo, CancellationToken cancellationToken)
    {
        silo.Clock.Set(s_jumps[fault.Variant % s_jumps.Length]);
        await Task.Delay(fault.Lasts, cancellationToken);
        if (KillsAll(fault))
        {
            // What the silo wrote about itself stays behind, dated by its clock.
            await Task.WhenAll(_silos.Select(each => each.EndAsync("KILL", cancellationToken)));
        }

        silo.Clock.Set(0);
        foreach (var each in KillsAll(fault) ? _silos : [])
        {
            each.Held = false;
        }
    }

    private static (string Peer, bool Outwards) CutOf(Fault fault) => (s_peers[fault.Variant % s_peers.Length], fault.Variant / 4 % 2 == 0);

    private async Task PartAsync(Fault fault, int slot, CancellationToken cancellationToken)
    {
        var (peer, outwards) = CutOf(fault);
        var other = _silos[fault.Silos.First(silo => silo != slot || _silos.Length == 1)].Machine;
        var machine = _silos[slot].Machine;
        var (there, receiver) = peer switch
        {
            "Redis" => (ChaosNetwork.Redis, (int?)null),
            "the store" => (ChaosNetwork.Store, null),
            _ => (ChaosNetwork.AddressOf(other), other),
        };
        var here = ChaosNetwork.AddressOf(machine);
        receiver = outwards ? receiver : machine;
        await ChaosNetwork.CutAsync(outwards ? here : there, outwards ? there : here, receiver);
        try
        {
            await Task.Delay(fault.Lasts, cancellationToken);
        }
        finally
        {
            await ChaosNetwork.MendAsync(receiver);
        }
    }

    private async Task<ChaosSilo> AddAsync()
    {
        var silo = await PrepareAsync();
        await StartSiloAsync(silo);
        return silo;
    }

    private async Task<ChaosSilo> PrepareAsync()
    {
        ChaosSilo silo;
        lock (_all)
        {
            silo = new ChaosSilo(_means.NextMachine(), _root);
            _all.Add(silo);
        }

        if (_means.HasDisks)
        {
            await silo.Disk.MountAsync();
        }

        silo.Clock.Set(0);
        _prepare(silo.Data);
        if (_means.Network is not null)
        {
            await ChaosNetwork.AddMachineAsync(silo.Machine);
        }

        return silo;
    }

    private async Task SuperviseAsync(int slot)
    {
        while (!_stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), _stop.Token);
            var silo = _silos[slot];
            if (!silo.Held && silo.Process is not { IsAlive: true })
            {
                Interlocked.Add(ref _endedByThemselves, silo.WasHeld || silo.Process is null ? 0 : 1);
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
            [
                Repository.PathOf("docs", "redis.conf"),
                "--port",
                port,
                "--bind",
                $"{RedisHost}",
                "--protected-mode",
                _means.Network is null ? "yes" : "no",
                "--dir",
                _root,
            ],
            new Dictionary<string, string?>(),
            "Ready to accept",
            Path.Combine(_root, "redis.out")
        );
        await _redis.Ready.WaitAsync(_stop.Token);
    }

    private Task StartSiloAsync(ChaosSilo silo)
    {
        string[] listen = _means.Network is null ? [] : ["--bind", $"{ChaosNetwork.AddressOf(silo.Machine)}"];
        var environment = _means.Clock is { } clock ? StoreEnvironment.Concat(silo.Clock.In(clock)).ToDictionary() : StoreEnvironment;
        return silo.StartAsync(_means.Network is not null, ["--cluster", RedisAddress, .. listen], environment, _stop.Token);
    }
}
