using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>A silo inside the process: on free ports of the loopback, with its state in SQLite and its artifacts in files.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    /// <summary>The service id of every embedded silo: it is part of the key of each state.</summary>
    public const string ServiceId = "oneshot";

    private readonly IHost _host;
    private readonly SqliteConnection _database;

    private EmbeddedSilo(IHost host, SqliteConnection database, string clusterId, int gatewayPort)
    {
        _host = host;
        _database = database;
        ClusterId = clusterId;
        GatewayPort = gatewayPort;
    }

    /// <summary>Its cluster's id.</summary>
    public string ClusterId { get; }

    /// <summary>Port of its gateway on the loopback.</summary>
    public int GatewayPort { get; }

    /// <summary>Its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Whether it takes calls: it has started, and neither stops nor was declared dead.</summary>
    public bool IsActive => _host.Services.GetRequiredService<ISiloStatusOracle>().CurrentStatus == SiloStatus.Active;

    /// <summary>Its log, into which other hosts of this process may write.</summary>
    public SiloLog Log => _host.Services.GetRequiredService<SiloLog>();

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>A client of its jobs, within this process.</summary>
    /// <returns>The client; disposing of it leaves the silo as it is.</returns>
    public ClusterClient OpenClient() => ClusterClient.Attach(Grains);

    /// <summary>Starts a silo. The caller holds the data folder's <see cref="OwnerLock"/>.</summary>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>The running silo.</returns>
    /// <exception cref="OneShotException">failed: the database is damaged.</exception>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Data.Create();
        DatabaseCheck.Require(options.Data, options.LeftOpen);
        var database = Open(options.Data);
        try
        {
            var (host, endpoints) = await SiloHost.StartAsync(
                SiloEndpoints.Loopback,
                chosen => Build(options, chosen.SiloPort, chosen.GatewayPort),
                cancellationToken
            );
            return new EmbeddedSilo(host, database, options.ClusterId, endpoints.GatewayPort);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops the silo: its engines stop at their next step and commit a checkpoint first.</summary>
    /// <param name="cancellationToken">Stops waiting for that.</param>
    /// <returns>When stopped.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _host.StopAsync();
            await SiloHost.DisposeAsync(_host);
        }
        finally
        {
            // All of this process's connections: the last one that closes writes the log into the database and takes it away.
            SqliteConnection.ClearPool(_database);
            await _database.DisposeAsync();
            SqliteConnection.ClearPool(_database);
        }
    }

    private static SqliteConnection Open(DataFolder data)
    {
        try
        {
            return SqliteDatabase.Open(data.Database);
        }
        catch (SqliteException e)
        {
            throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Failed,
                    $"The database {data.Database} can't be written: {e.Message}",
                    "data",
                    "See that no other program works with it, that its disk has room, and that this user may write it."
                ),
                e
            );
        }
    }

    private static IHost Build(EmbeddedSiloOptions options, int siloPort, int gatewayPort)
    {
        var builder = SiloHostBuilder.Create(options.Data.Log);
        builder.UseOrleans(silo =>
        {
            // Clients of an embedded silo know by its owner's record that it goes, and find the next one by themselves; it need not wait for them.
            silo.Configure<SiloMessagingOptions>(messaging => messaging.ClientGatewayShutdownNotificationTimeout = TimeSpan.Zero);
            silo.UseLocalhostClustering(siloPort, gatewayPort, primarySiloEndpoint: null, ServiceId, options.ClusterId);
            var connectionString = SqliteDatabase.ConnectionString(options.Data.Database);
            silo.AddAdoNetGrainStorage(
                OneShotStorage.Name,
                storage =>
                    storage.Configure<Serializer>(
                        (state, serializer) =>
                        {
                            state.Invariant = SqliteDatabase.Invariant;
                            state.ConnectionString = connectionString;

                            // The default, JSON, can't read immutable dictionaries back. Orleans' own format knows every type that grains exchange, and
                            // tolerates new fields.
                            state.GrainStorageSerializer = new StateChecksum(new OrleansGrainStorageSerializer(serializer));
                        }
                    )
            );
            silo.UseAdoNetReminderService(reminders =>
            {
                reminders.Invariant = SqliteDatabase.Invariant;
                reminders.ConnectionString = connectionString;
            });
            silo.AddOneShot(
                new OneShotSiloOptions
                {
                    Data = options.Data,
                    Store = SiloStore.Choose(options.Data, cluster: false),
                    Slots = options.Trains ? options.Slots : 0,
                    ResumesJobs = options.Trains,
                    WebhookAllow = options.WebhookAllow,
                    AllowPull = options.AllowPull,
                    Engine = options.Engine,
                }
            );
        });
        return builder.Build();
    }
}
