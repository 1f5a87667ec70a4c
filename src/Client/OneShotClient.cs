using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using OrleansOneShot.Client.Redis;
using OrleansOneShot.Contracts;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Contracts.Scheduling;
using Polly;
using Polly.Retry;

namespace OrleansOneShot.Client;

/// <summary>Submits and follows jobs, through a cluster's gateway or inside a silo's own process.</summary>
public sealed class OneShotClient : IAsyncDisposable
{
    private static readonly ResiliencePipeline Retries = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            // Every call behind this pipeline may be repeated: reads, submissions under a fixed id, and verbs that ended jobs ignore.
            ShouldHandle = new PredicateBuilder().Handle<TimeoutException>().Handle<OrleansMessageRejectionException>().Handle<SiloUnavailableException>(),
            MaxRetryAttempts = 3,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();

    private readonly IGrainFactory _grains;
    private readonly IHost? _host;

    private OneShotClient(IGrainFactory grains, IHost? host)
    {
        _grains = grains;
        _host = host;
    }

    /// <summary>Connects to a cluster.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>A connected client.</returns>
    /// <exception cref="OneShotException">unavailable: no gateway answers in time.</exception>
    public static async Task<OneShotClient> ConnectAsync(OneShotClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            if (options.Redis is { } redis)
            {
                client.UseRedisClustering(clustering => clustering.ConfigurationOptions = ClusterRedis.Parse(redis));
            }
            else
            {
                client.UseStaticClustering([.. options.Gateways]);
            }

            client.Configure<ClusterOptions>(cluster =>
            {
                cluster.ClusterId = options.ClusterId;
                cluster.ServiceId = options.ServiceId;
            });
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.ResponseTimeout);
        });
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var host = builder.Build();
        try
        {
            limit.CancelAfter(await RequireClusterAsync(options, cancellationToken) ? options.BusyTimeout : options.ConnectTimeout);
            await host.StartAsync(limit.Token);
            return new OneShotClient(host.Services.GetRequiredService<IClusterClient>(), host);
        }
        catch (Exception e) when (e is not OneShotException && !cancellationToken.IsCancellationRequested)
        {
            host.Dispose();
            throw new OneShotException(Explain(options), e);
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Works with the grains of a silo in this process.</summary>
    /// <param name="grains">The silo's grain factory; stays the caller's.</param>
    /// <returns>A client.</returns>
    public static OneShotClient Attach(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return new OneShotClient(grains, null);
    }

    /// <summary>Submits a job. Its photos and masks lie in the store already.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job.</returns>
    /// <exception cref="OneShotException">invalid_input, or conflict when the id holds another request.</exception>
    public async Task<ImplantationHandle> SubmitAsync(ImplantationRequest request, SubmitOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var handle = GetImplantation(options?.Id ?? JobId.New(DateTimeOffset.UtcNow));
        await CallAsync(async token => await handle.Grain.Submit(request, token), cancellationToken);
        return handle;
    }

    /// <summary>A job by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The job's handle.</returns>
    public ImplantationHandle GetImplantation(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ImplantationHandle(id, _grains.GetGrain<IImplantationGrain>(id));
    }

    /// <summary>A page of jobs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The page.</returns>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<IJobCatalogGrain>(0).List(query), cancellationToken);

    /// <summary>Jobs, newest first, page after page.</summary>
    /// <param name="query">Which, and where to begin.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Jobs.</returns>
    public async IAsyncEnumerable<JobSummary> ListAsync(JobQuery? query = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var next = query ?? new JobQuery();
        while (true)
        {
            var page = await ListPageAsync(next, cancellationToken);
            foreach (var job in page.Jobs)
            {
                yield return job;
            }

            if (page.Next is null)
            {
                yield break;
            }

            next = next with { Cursor = page.Next };
        }
    }

    /// <summary>The cluster's slots, leases and queue.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>A snapshot.</returns>
    public Task<SchedulerSnapshot> GetSchedulerAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<ISchedulerGrain>(0).GetSnapshot(), cancellationToken);

    /// <summary>Removes inputs that no job refers to, and what ended jobs have left behind.</summary>
    /// <param name="dryRun">Only tells what would be removed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What was, or would be, removed.</returns>
    public Task<CollectionReport> CollectAsync(bool dryRun, CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<ICollectorGrain>(0).Collect(dryRun), cancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_host is null)
        {
            return;
        }

        await _host.StopAsync();
        _host.Dispose();
    }

    /// <summary>Looks at the cluster before Orleans does, which would say in a stack trace: no Redis there, a wrong password, silos of another version.</summary>
    /// <returns>Whether it is known to have silos that live.</returns>
    private static async Task<bool> RequireClusterAsync(OneShotClientOptions options, CancellationToken cancellationToken)
    {
        if (options.Redis is not { } redis)
        {
            return false;
        }

        await using var connection = await ClusterRedis.ConnectAsync(ClusterRedis.Parse(redis), cancellationToken);
        return await new ContractRegistry(connection, options.ServiceId, options.ClusterId).RequireAsync(ContractVersion.Current).WaitAsync(cancellationToken);
    }

    // Never the connection string itself: it may hold a password.
    private static ErrorDetail Explain(OneShotClientOptions options) => options.Redis is { } redis
        ? new ErrorDetail(ErrorCodes.Unavailable, $"No silo of the cluster at Redis {ClusterRedis.Name(ClusterRedis.Parse(redis))} answers.", "cluster", "Start one with: oneshot serve --cluster ...")
        : new ErrorDetail(ErrorCodes.Unavailable, $"No gateway answers at {string.Join(", ", options.Gateways)}.", Hint: "Check that it runs, and try again.");

    internal static async Task<T> CallAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken) =>
        await Retries.ExecuteAsync(call, cancellationToken);
}
