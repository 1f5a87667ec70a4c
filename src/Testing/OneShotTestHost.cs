using Microsoft.Extensions.DependencyInjection;
using Orleans.TestingHost;
using OrleansOneShot.Api.Hosting;
using OrleansOneShot.Api.Limits;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Http;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Grains;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

namespace OrleansOneShot.Testing;

/// <summary>
/// A whole server for a test: a silo with one slot in this process, its state in memory, its files in a folder that goes with it, HTTP on a free port of
/// 127.0.0.1, and an engine that only pretends to train. Any number may run at once. What it does not have is a base model: it takes any name for one.
/// </summary>
public sealed class OneShotTestHost : IAsyncDisposable
{
    // What a silo had begun when it was stopped may still take files away.
    private const int MostDeletions = 100;

    private readonly InProcessTestCluster _cluster;
    private readonly ClusterClient _gateway;
    private readonly ApiServer _server;
    private int _disposals;

    private OneShotTestHost(string folder, InProcessTestCluster cluster, ClusterClient gateway, IOneShotClient client, ApiServer server, SimulatedEngine engine)
    {
        (_cluster, _gateway, _server) = (cluster, gateway, server);
        (Folder, Client, Engine) = (folder, client, engine);
        Address = new Uri(server.Addresses.Single());
    }

    /// <summary>A client by the silo's own gateway, of the owner that callers without a key are; the host disposes of it.</summary>
    public IOneShotClient Client { get; }

    /// <summary>Where HTTP is served. As long as <see cref="AddKeyAsync"/> was not called, it takes calls without a key.</summary>
    public Uri Address { get; }

    /// <summary>What jobs do.</summary>
    public SimulatedEngine Engine { get; }

    /// <summary>Where its files lie.</summary>
    internal string Folder { get; }

    /// <summary>Starts a host, within about a second.</summary>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>A host that takes jobs.</returns>
    public static async Task<OneShotTestHost> StartAsync(CancellationToken cancellationToken = default)
    {
        var folder = Directory.CreateTempSubdirectory("oneshot-test-").FullName;
        var store = new FileArtifactStore(Path.Combine(folder, "store"));
        var engine = new SimulatedEngine();
        var cluster = Build(store, engine, Path.Combine(folder, "work"));
        try
        {
            await cluster.DeployAsync(cancellationToken);
            var gateway = ClusterClient.Attach(cluster.Client);
            var server = await ApiServer.StartAsync(
                new ApiServerOptions
                {
                    Client = gateway,
                    Store = store,
                    Urls = ["http://127.0.0.1:0"],
                    SpoolFolder = Path.Combine(folder, "spool"),
                    // A test calls as fast as it can.
                    Limits = new CallLimits { CallsPerSecond = 0 },
                },
                cancellationToken
            );
            return new OneShotTestHost(folder, cluster, gateway, OneShotClient.Over(new ClusterTransport(gateway, store)), server, engine);
        }
        catch
        {
            await cluster.DisposeAsync();
            Delete(folder);
            throw;
        }
    }

    /// <summary>A client over HTTP.</summary>
    /// <param name="key">A key of <see cref="AddKeyAsync"/>; null: none.</param>
    /// <returns>The client; the caller disposes of it.</returns>
    /// <exception cref="Documents.Errors.OneShotException">invalid_input: that is no key.</exception>
    public IOneShotClient Connect(string? key = null) => OneShotClient.Connect(Address, new OneShotClientOptions { Key = key });

    /// <summary>Makes a key. From then on every call over HTTP needs one.</summary>
    /// <param name="owner">Who calls with it: owners don't see each other's jobs.</param>
    /// <param name="scopes">What it allows, of <see cref="KeyScopes.All"/>; none: all of it.</param>
    /// <returns>The key's text.</returns>
    public async Task<string> AddKeyAsync(string owner, params IReadOnlyCollection<string> scopes) =>
        (await _gateway.Keys.AddAsync(owner, "test", scopes.Count == 0 ? KeyScopes.All : [.. scopes], expires: null)).Secret;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Increment(ref _disposals) > 1)
        {
            return;
        }

        await Client.DisposeAsync();
        await _server.DisposeAsync();
        await _cluster.StopAllSilosAsync();
        await _cluster.DisposeAsync();
        Delete(Folder);
    }

    private static InProcessTestCluster Build(FileArtifactStore store, SimulatedEngine engine, string workFolder)
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.Options.ConfigureFileLogging = false;
        builder.ConfigureSilo(
            (_, silo) =>
            {
                silo.AddMemoryGrainStorage(OneShotStorage.Name);
                silo.UseInMemoryReminderService();
                silo.Services.AddSingleton<IArtifactStore>(store);
                silo.Services.AddSingleton<ITrainingEngine>(engine);
                silo.AddOneShotGrains(options =>
                {
                    options.Slots = [new SlotAnnouncement(0, "cpu", 1L << 30)];
                    options.WorkFolder = workFolder;
                });
            }
        );
        return builder.Build();
    }

    private static void Delete(string folder)
    {
        for (var deletions = 1; Directory.Exists(folder); deletions++)
        {
            try
            {
                Directory.Delete(folder, recursive: true);
            }
            catch (IOException) when (deletions < MostDeletions) { }
        }
    }
}
