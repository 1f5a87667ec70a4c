using System.Net;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.EndToEnd.Tests.Http;
using OrleansOneShot.EndToEnd.Tests.Support;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.EndToEnd.Tests.Clients;

/// <summary>A server in processes of its own, and a client of it.</summary>
public abstract class ClientServer : IAsyncLifetime
{
    private IOneShotClient? _client;

    /// <summary>The client.</summary>
    public IOneShotClient Client => _client!;

    protected TestFolder Folder { get; } = new();

    public async ValueTask InitializeAsync() => _client = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        await (_client?.DisposeAsync() ?? ValueTask.CompletedTask);
        await StopAsync();
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    protected abstract Task<IOneShotClient> StartAsync();

    protected abstract ValueTask StopAsync();
}

/// <summary>One process with its data folder, over HTTP.</summary>
public sealed class EmbeddedOverHttp : ClientServer
{
    private readonly HttpServer _server = new();

    protected override async Task<IOneShotClient> StartAsync()
    {
        await _server.StartAsync();
        return OneShotClient.Connect(_server.Client.BaseAddress!);
    }

    protected override ValueTask StopAsync() => _server.DisposeAsync();
}

/// <summary>One process with its data folder, by its gateway.</summary>
public sealed class EmbeddedByGateway : ClientServer
{
    private OneShotProcess? _owner;

    protected override async Task<IOneShotClient> StartAsync()
    {
        _owner = OneShotProcess.Start("serve", "--data", Folder.Data);
        await _owner.ReadyAsync();
        var data = DataFolder.Resolve(Folder.Data);
        var record = OwnerLock.ReadRecord(data)!;
        return await ClusterTransport.ConnectAsync(
            new ClusterClientOptions { Gateways = [new IPEndPoint(IPAddress.Loopback, record.GatewayPort)], ClusterId = record.ClusterId },
            SiloStore.Open(SiloStore.Choose(data, cluster: false))
        );
    }

    protected override ValueTask StopAsync() => _owner?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>A cluster of two silos, over HTTP.</summary>
public sealed class ClusterOverHttp : ClientServer
{
    private TestCluster? _cluster;

    protected override async Task<IOneShotClient> StartAsync()
    {
        _cluster = await TestCluster.StartAsync(2, Folder.Data, http: true);
        return OneShotClient.Connect(_cluster.Silos[1].Url!);
    }

    protected override ValueTask StopAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>A cluster of two silos, by its gateways.</summary>
public sealed class ClusterByGateway : ClientServer
{
    private TestCluster? _cluster;

    protected override async Task<IOneShotClient> StartAsync()
    {
        _cluster = await TestCluster.StartAsync(2, Folder.Data);
        return await OpenAsync(_cluster, Folder.Data);
    }

    /// <summary>A client of a cluster's gateways.</summary>
    internal static Task<IOneShotClient> OpenAsync(TestCluster cluster, string data) =>
        ClusterTransport.ConnectAsync(
            new ClusterClientOptions { Redis = $"127.0.0.1:{new Uri(cluster.Redis.Address).Port}", ClusterId = ClusterSiloOptions.DefaultClusterId },
            SiloStore.Open(SiloStore.Choose(DataFolder.Resolve(data), cluster: true))
        );

    protected override ValueTask StopAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}
