using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Grains;
using OrleansOneShot.Silo.Hosting;

namespace OrleansOneShot.Silo.Embedded;

/// <summary>A silo inside the process: on free ports of the loopback, with its state in SQLite and its artifacts in files.</summary>
public sealed class EmbeddedSilo : IAsyncDisposable
{
    /// <summary>The service id of every embedded silo: it is part of the key of each state.</summary>
    public const string ServiceId = "oneshot";

    private const int PortAttempts = 5;
    private readonly IHost _host;

    private EmbeddedSilo(IHost host, string clusterId, int gatewayPort)
    {
        _host = host;
        ClusterId = clusterId;
        GatewayPort = gatewayPort;
    }

    /// <summary>Its cluster's id.</summary>
    public string ClusterId { get; }

    /// <summary>Port of its gateway on the loopback.</summary>
    public int GatewayPort { get; }

    /// <summary>Its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Starts a silo. The caller holds the data folder's <see cref="OwnerLock"/>.</summary>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>The running silo.</returns>
    public static async Task<EmbeddedSilo> StartAsync(EmbeddedSiloOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Data.Create();
        SqliteDatabase.Ensure(options.Data.Database);
        for (var attempt = 1; ; attempt++)
        {
            var (siloPort, gatewayPort) = FreePorts();
            var host = Build(options, siloPort, gatewayPort);
            try
            {
                await host.StartAsync(cancellationToken);
                return new EmbeddedSilo(host, options.ClusterId, gatewayPort);
            }
            catch (Exception e) when (attempt < PortAttempts && IsAddressInUse(e))
            {
                // Someone took a port between the look and the bind.
                await DisposeAsync(host);
            }
            catch
            {
                await DisposeAsync(host);
                throw;
            }
        }
    }

    /// <summary>Stops the silo: its engines stop at their next step and commit a checkpoint first.</summary>
    /// <param name="cancellationToken">Stops waiting for that.</param>
    /// <returns>When stopped.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync();
        await DisposeAsync(_host);
    }

    private static IHost Build(EmbeddedSiloOptions options, int siloPort, int gatewayPort)
    {
        // An empty builder: no configuration files, no environment, no console. The working directory is the caller's and none of our business.
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "oneshot", DisableDefaults = true });
        builder.Logging.AddProvider(new FileLoggerProvider(options.Data.Log));
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Logging.AddFilter("OrleansOneShot", LogLevel.Information);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMinutes(2));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(siloPort, gatewayPort, primarySiloEndpoint: null, ServiceId, options.ClusterId);
            var connectionString = SqliteDatabase.ConnectionString(options.Data.Database);
            silo.AddAdoNetGrainStorage(OneShotStorage.Name, storage => storage.Configure<Serializer>((state, serializer) =>
            {
                state.Invariant = SqliteDatabase.Invariant;
                state.ConnectionString = connectionString;

                // The default, JSON, can't read immutable dictionaries back. Orleans' own format knows every type that grains exchange, and tolerates new fields.
                state.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
            }));
            silo.UseAdoNetReminderService(reminders =>
            {
                reminders.Invariant = SqliteDatabase.Invariant;
                reminders.ConnectionString = connectionString;
            });
            silo.Configure<SiloMessagingOptions>(messaging => messaging.CancelRequestOnTimeout = true);
            silo.AddOneShot(options);
        });
        return builder.Build();
    }

    private static (int Silo, int Gateway) FreePorts()
    {
        using var silo = new TcpListener(IPAddress.Loopback, 0);
        using var gateway = new TcpListener(IPAddress.Loopback, 0);
        silo.Start();
        gateway.Start();
        return (((IPEndPoint)silo.LocalEndpoint).Port, ((IPEndPoint)gateway.LocalEndpoint).Port);
    }

    private static bool IsAddressInUse(Exception exception)
    {
        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse })
            {
                return true;
            }
        }

        return false;
    }

    private static async ValueTask DisposeAsync(IHost host)
    {
        if (host is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
        else
        {
            host.Dispose();
        }
    }
}
