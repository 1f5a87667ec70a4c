using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Storage;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Silo.Recovery;
using OrleansOneShot.Storage;
using StackExchange.Redis;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>A silo of a cluster: membership, grain state and reminders in Redis.</summary>
public sealed partial class ClusterSilo : IAsyncDisposable
{
    // Of a silo whose jobs nobody knows any more nothing is worth waiting for.
    private static readonly TimeSpan s_farewell = TimeSpan.FromSeconds(10);

    private readonly IHost _host;
    private readonly ContractClaim _claim;
    private bool _stopped;

    private ClusterSilo(IHost host, ContractClaim claim, IReadOnlyList<string> notices)
    {
        _host = host;
        _claim = claim;
        Notices = notices;
        Leaves = host.Services.GetRequiredService<IDeparture>().Told;
        Lost = Task.WhenAny(claim.Lost, host.Services.GetRequiredService<FatalEnd>().Told, host.Services.GetRequiredService<ClockWatch>().Told).Unwrap();
    }

    /// <summary>Its address, as logs and <c>cluster silos</c> name it.</summary>
    public string Address => _host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();

    /// <summary>Number of its slots.</summary>
    public int Slots => _host.Services.GetRequiredService<IOptions<OneShotGrainsOptions>>().Value.Slots.Length;

    /// <summary>Why it takes no jobs, as the end of a sentence that begins with "takes no jobs: "; null: it does.</summary>
    public string? WhyNoJobs => _host.Services.GetRequiredService<ISiloHealth>().Why;

    /// <summary>Asks Redis for an answer.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Why there is none, in a sentence; null: it answers.</returns>
    public async Task<string?> FindRedisProblemAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _claim.PingAsync().WaitAsync(cancellationToken);
            return null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            return "Redis does not answer.";
        }
    }

    /// <summary>Its grains.</summary>
    public IGrainFactory Grains => _host.Services.GetRequiredService<IGrainFactory>();

    /// <summary>A client of its cluster that lives in this process.</summary>
    /// <returns>The client; to be disposed of before the silo.</returns>
    public ClusterClient OpenClient() => ClusterClient.Attach(Grains);

    /// <summary>Whether it takes calls: it has started, and neither stops nor was declared dead.</summary>
    public bool IsActive => _host.Services.GetRequiredService<ISiloStatusOracle>().CurrentStatus == SiloStatus.Active;

    /// <summary>Its log, into which other hosts of this process may write.</summary>
    public SiloLog Log => _host.Services.GetRequiredService<SiloLog>();

    /// <summary>Its services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>What who started it should know, each one sentence. The log has it too.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>
    /// Ends when the silo can't go on: Redis has lost the data of its cluster, the other silos have declared it dead, or its machine's clock was set back. Then
    /// it is to be abandoned.
    /// </summary>
    public Task<ErrorDetail> Lost { get; }

    /// <summary>
    /// Ends when the silo is to leave in order although its process was not told to stop: the cluster is drained, it was asked to, or it has been idle for
    /// long. The reason is a sentence without its full stop. Whoever serves it then stops it.
    /// </summary>
    public Task<string> Leaves { get; }

    /// <summary>Starts a silo and joins the cluster.</summary>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    /// <returns>The running silo.</returns>
    /// <exception cref="OneShotException">
    /// invalid_input: it must not or can't listen where it was told to. conflict: another program has its port. unavailable: Redis does not answer or would
    /// lose jobs, the clocks of the two machines differ, the data folder or the artifact store is out of reach or read-only, the cluster's silos have
    /// another version of the contracts, or it is drained.
    /// </exception>
    public static async Task<ClusterSilo> StartAsync(ClusterSiloOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var endpoints = ListenCheck.ForThisMachine().Resolve(options.Listen);
        WritableFolder.Require(options.Data);
        var redis = ClusterRedis.Parse(options.Redis);
        var connection = await ClusterRedis.ConnectAsync(redis, cancellationToken);
        var settings = await RedisSettings.ReadAsync(connection);
        var claim = await ContractClaim.EnterAsync(
            connection,
            EmbeddedSilo.ServiceId,
            options.ClusterId,
            options.ContractVersion,
            patience: options.UpgradeWait,
            waits: options.Waits,
            cancellationToken: cancellationToken
        );
        try
        {
            ClockCheck.Require(options.Clock.GetUtcNow(), claim.Entered, ClusterRedis.Name(redis));
            List<string> notices = [.. settings.Require(ClusterRedis.Name(redis), options.AllowVolatileRedis)];
            var clock = new ClusterClock(claim.Entered);
            var store = SiloStore.Choose(options.Data, cluster: true);
            var artifacts = SiloStore.Open(store);
            await SiloStore.RequireWritableAsync(artifacts, cancellationToken);
            var (host, _) = await SiloHost.StartAsync(endpoints, chosen => Build(options, store, redis, clock, claim.Mark, chosen), cancellationToken);
            var logger = host.Services.GetRequiredService<ILogger<ClusterSilo>>();
            claim.Keep(logger, clock);
            if (
                claim.Founded
                && await LostJobs.FindAsync(
                    ClusterClient.Attach(host.Services.GetRequiredService<IGrainFactory>()),
                    artifacts,
                    cancellationToken: cancellationToken
                )
                    is { } lost
            )
            {
                notices.Add(lost);
            }

            notices.ForEach(notice => LogNotice(logger, notice));
            Warn(logger, options.Listen, endpoints, redis);
            LeaveWhenDrainedAsync(claim, host).Ignore();
            return new ClusterSilo(host, claim, notices);
        }
        catch
        {
            await claim.DisposeAsync();
            throw;
        }
    }

    /// <summary>Calls somebody when <see cref="WhyNoJobs"/> has changed, from any thread.</summary>
    /// <param name="tell">Who looks then.</param>
    public void WhenHealthChanges(Action tell) => _host.Services.GetRequiredService<ISiloHealth>().Changed += _ => tell();

    /// <summary>Leaves the cluster: engines stop at their next step, commit a checkpoint, and their jobs are queued for other silos.</summary>
    /// <param name="cancellationToken">Stops waiting for that.</param>
    /// <returns>When left.</returns>
    public Task StopAsync(CancellationToken cancellationToken = default) => _host.StopAsync(cancellationToken);

    /// <summary>Ends a silo that is <see cref="Lost"/>: its engines are told to stop, and what can be handed on in a few seconds is.</summary>
    /// <returns>When ended, as far as it does in time.</returns>
    public async Task AbandonAsync()
    {
        _stopped = true;
        using var limit = new CancellationTokenSource(s_farewell);
        try
        {
            await _host.StopAsync(limit.Token).WaitAsync(limit.Token);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Without its rows in Redis, or the others' trust, a silo can't leave in order.
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        try
        {
            // One that was abandoned goes with its process.
            if (!_stopped)
            {
                await _host.StopAsync();
                await SiloHost.DisposeAsync(_host);
            }
        }
        finally
        {
            await _claim.DisposeAsync();
        }
    }

    private static async Task LeaveWhenDrainedAsync(ContractClaim claim, IHost host)
    {
        await claim.Drained;
        await host.Services.GetRequiredService<IDeparture>().LeaveWithOthersAsync();
    }

    private static void Warn(ILogger logger, SiloListenOptions listen, SiloEndpoints endpoints, ConfigurationOptions redis)
    {
        if (RedisExposure.Find(redis) is { } where)
        {
            LogBareRedis(logger, where);
        }

        if (listen.AllowPublic)
        {
            LogPublic(logger, endpoints.Listen.ToString());
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Redis at {Where} is on another machine and has neither TLS (rediss://) nor a password: whoever reaches it holds all jobs"
    )]
    private static partial void LogBareRedis(ILogger logger, string where);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Notice}")]
    private static partial void LogNotice(ILogger logger, string notice);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Public addresses are allowed (--allow-public), and the silo listens on {Address}: let a firewall keep everybody but the cluster's "
            + "machines from its ports"
    )]
    private static partial void LogPublic(ILogger logger, string address);

    private static IHost Build(
        ClusterSiloOptions options,
        StoreLocation store,
        ConfigurationOptions redis,
        ClusterClock clock,
        IDrainMark mark,
        SiloEndpoints endpoints
    )
    {
        var builder = SiloHostBuilder.Create(options.Data.LogOfProcess);
        builder.UseOrleans(silo =>
        {
            silo.Configure<EndpointOptions>(endpoints.ApplyTo);
            silo.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = Contracts.ContractVersion.ClusterIdOf(options.ClusterId, options.ContractVersion);
                cluster.ServiceId = EmbeddedSilo.ServiceId;
            });
            silo.UseRedisClustering(clustering => clustering.ConfigurationOptions = redis);
            JudgeRowsBy(clock, options.Clock, silo.Services);
            silo.Services.AddSingleton(mark);
            silo.Services.AddSingleton<FatalEnd>();
            silo.Services.AddSingleton(provider => new ClockWatch(options.Clock, provider.GetRequiredService<ILogger<ClockWatch>>()));
            silo.Services.AddSingleton<IFatalErrorHandler>(provider => provider.GetRequiredService<FatalEnd>());
            silo.AddRedisGrainStorage(
                OneShotStorage.Name,
                storage =>
                    storage.Configure<Serializer>(
                        (state, serializer) =>
                        {
                            state.ConfigurationOptions = redis;
                            state.GrainStorageSerializer = new OrleansGrainStorageSerializer(serializer);
                        }
                    )
            );
            silo.UseRedisReminderService(reminders => reminders.ConfigurationOptions = redis);
            silo.Configure<ClusterMembershipOptions>(FastMembership);
            silo.AddOneShot(
                new OneShotSiloOptions
                {
                    Data = options.Data,
                    Store = store,
                    Slots = options.Slots,
                    Devices = options.Devices,
                    KeepModels = options.KeepModels,
                    ExitWhenIdle = options.ExitWhenIdle,
                    WebhookAllow = options.WebhookAllow,
                    AllowPull = options.AllowPull,
                    ResumesJobs = true,
                    RequeuesOnStop = true,
                    Health = options.Health,
                    Clock = clock,
                    Engine = options.Engine,
                }
            );
        });
        return builder.Build();
    }

    private static void JudgeRowsBy(ClusterClock clock, TimeProvider local, IServiceCollection services)
    {
        var table = services.Last(service => service.ServiceType == typeof(IMembershipTable));
        services.Remove(table);
        services.AddSingleton<IMembershipTable>(provider => new ClockedMembershipTable((IMembershipTable)table.ImplementationFactory!(provider), clock, local));
    }

    // Measured: a killed silo's grains run elsewhere after 3 s instead of 12, a frozen one is declared dead after 10 s instead of 63.
    private static void FastMembership(ClusterMembershipOptions membership)
    {
        membership.ProbeTimeout = TimeSpan.FromSeconds(2);
        membership.MaxProbeTimeout = TimeSpan.FromSeconds(3);
        membership.NumMissedProbesLimit = 3;
        membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
        membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
    }
}
