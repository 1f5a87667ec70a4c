using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Messaging;
using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using Polly;

namespace OrleansOneShot.Client.Cluster;

/// <summary>Submits and follows jobs, through a cluster's gateway or inside a silo's own process.</summary>
public sealed partial class ClusterClient : IAsyncDisposable
{
    // A silo that is started again has another port; by then nobody should wait for the old one.
    private static readonly TimeSpan s_gatewayListPeriod = TimeSpan.FromSeconds(3);

    private readonly IGrainFactory _grains;
    private readonly IHost? _host;
    private readonly ClusterConnection? _cluster;
    private readonly ResiliencePipeline _retries;

    private ClusterClient(IGrainFactory grains, IHost? host, ClusterConnection? cluster, ResiliencePipeline? retries = null)
    {
        _grains = grains;
        _host = host;
        _cluster = cluster;
        _retries = retries ?? (cluster is null ? ClientRetries.Short : ClientRetries.OfCluster);
    }

    /// <summary>Connects to a cluster.</summary>
    /// <param name="options">Where it is.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>A connected client.</returns>
    /// <exception cref="OneShotException">
    /// unavailable; the message tells the cause: Redis does not answer or refuses the password, no silo is registered there, none of those that are can be
    /// reached, or they have another version of the contracts.
    /// </exception>
    public static async Task<ClusterClient> ConnectAsync(ClusterClientOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var cluster = options.Redis is null ? null : await ClusterConnection.OpenAsync(options, cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var host = Build(options, cluster);
        try
        {
            limit.CancelAfter(cluster is null ? options.ConnectTimeout : options.BusyTimeout);
            await host.StartAsync(limit.Token);
            return new ClusterClient(host.Services.GetRequiredService<IClusterClient>(), host, cluster);
        }
        catch (Exception e)
        {
            OneShotException? explained = null;
            if (e is not OneShotException && !cancellationToken.IsCancellationRequested)
            {
                explained = cluster is null
                    ? new OneShotException(
                        new ErrorDetail(
                            ErrorCodes.Unavailable,
                            $"No gateway answers at {Wording.List(options.Gateways.Select(gateway => $"{gateway}"))}.",
                            Hint: "Check that it runs, and try again."
                        ),
                        e
                    )
                    : await cluster.ExplainAsync(host.Services.GetRequiredService<IGatewayListProvider>(), e);
            }

            host.Dispose();
            if (cluster is not null)
            {
                await cluster.DisposeAsync();
            }

            if (explained is not null)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>Works with the grains of a silo in this process.</summary>
    /// <param name="grains">The silo's grain factory; stays the caller's.</param>
    /// <returns>A client.</returns>
    public static ClusterClient Attach(IGrainFactory grains)
    {
        ArgumentNullException.ThrowIfNull(grains);
        return Attach(grains, ClientRetries.Short);
    }

    /// <summary>As <see cref="Attach(IGrainFactory)"/>.</summary>
    /// <param name="grains">The silo's grain factory; stays the caller's.</param>
    /// <param name="retries">How calls are repeated.</param>
    /// <returns>A client.</returns>
    internal static ClusterClient Attach(IGrainFactory grains, ResiliencePipeline retries) => new(grains, host: null, cluster: null, retries);

    /// <summary>Submits a job. Its photos and masks lie in the store already.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="options">Options.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The job.</returns>
    /// <exception cref="OneShotException">invalid_input, or conflict when the id holds another request.</exception>
    public async Task<ClusterImplantation> SubmitAsync(
        ImplantationRequest request,
        SubmitOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(request);
        var handle = GetImplantation(options?.Id ?? JobId.New(DateTimeOffset.UtcNow));
        await handle.SubmitAsync(request, cancellationToken);
        return handle;
    }

    /// <summary>What a job would take, and when it would start, if it were submitted now. Nothing is created.</summary>
    /// <param name="request">The job; its owner is whose uploads are looked at.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The estimate.</returns>
    /// <exception cref="OneShotException">invalid_input: it would be refused.</exception>
    public async Task<ImplantationEstimate> EstimateAsync(ImplantationRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var estimate = await CallAsync(async _ => await _grains.GetGrain<IEstimatorGrain>(0).Estimate(request), cancellationToken);
        var hashes = request.Inputs().Select(input => input.Sha256).Distinct();
        return estimate with { MissingBlobs = await GetUploads(request.Owner).FindMissingAsync([.. hashes], cancellationToken) };
    }

    /// <summary>A job by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The job's handle.</returns>
    public ClusterImplantation GetImplantation(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ClusterImplantation(id, _grains.GetGrain<IImplantationGrain>(id), this);
    }

    /// <summary>A generation by its id; makes no call.</summary>
    /// <param name="id">The id.</param>
    /// <returns>The job's handle.</returns>
    public ClusterGeneration GetGeneration(string id)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return new ClusterGeneration(id, _grains.GetGrain<IGenerationGrain>(id), this);
    }

    /// <summary>The keys by which callers of HTTP are known.</summary>
    public ClusterKeys Keys => new(this, _grains.GetGrain<IKeyRegistryGrain>(0));

    /// <summary>The models that jobs can name.</summary>
    public ClusterModelLibrary Models => new(this, _grains);

    /// <summary>What an owner has uploaded; makes no call.</summary>
    /// <param name="owner">The owner's name.</param>
    /// <returns>The way to it.</returns>
    public OwnerUploads GetUploads(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        return new OwnerUploads(this, _grains.GetGrain<IOwnerGrain>(owner));
    }

    /// <summary>An owner's webhooks; makes no call.</summary>
    /// <param name="owner">The owner's name.</param>
    /// <returns>The way to them.</returns>
    public OwnerWebhooks GetWebhooks(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        return new OwnerWebhooks(this, _grains.GetGrain<IOwnerWebhooksGrain>(owner));
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

    /// <summary>Removes inputs that no job refers to, what ended jobs have left behind, and models of the store that nobody uses.</summary>
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
        if (_cluster is not null)
        {
            await _cluster.DisposeAsync();
        }
    }

    /// <summary>Whether a call, or its answer, did not get through.</summary>
    /// <param name="error">The call's failure.</param>
    /// <returns>Whether; <see cref="ExplainAsync"/> then tells why.</returns>
    public static bool IsUnanswered(Exception error) => ClientRetries.IsLost(error);

    /// <summary>What it means that a call did not get through, after it was repeated.</summary>
    /// <param name="error">The call's failure.</param>
    /// <returns>unavailable, with the cause as far as it is known.</returns>
    public async Task<OneShotException> ExplainAsync(Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        if (_cluster is not null && _host is not null)
        {
            return await _cluster.ExplainAsync(_host.Services.GetRequiredService<IGatewayListProvider>(), error);
        }

        if (ClientRetries.IsOfState(error))
        {
            return new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    "What is known of the jobs could not be read or written.",
                    "data",
                    "Check the disk of the data folder and its log, and try again."
                ),
                error
            );
        }

        var who = _host is null ? "The silo of this process" : "The process that owns the jobs";
        return new OneShotException(
            new ErrorDetail(ErrorCodes.Unavailable, $"{who} did not answer in time.", "data", "Try again when the machine has less to do."),
            error
        );
    }

    /// <summary>Asks; what did not get through is explained.</summary>
    /// <typeparam name="T">The answer.</typeparam>
    /// <param name="call">Asks.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="OneShotException">The answer's own error, or unavailable.</exception>
    internal async Task<T> AskAsync<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (Exception e) when (IsUnanswered(e))
        {
            throw await ExplainAsync(e);
        }
    }

    /// <summary>As <see cref="AskAsync{T}"/>, where there is no answer.</summary>
    /// <param name="call">Asks.</param>
    /// <returns>When done.</returns>
    /// <exception cref="OneShotException">The call's own error, or unavailable.</exception>
    internal Task AskAsync(Func<Task> call) =>
        AskAsync(async () =>
        {
            await call();
            return true;
        });

    /// <summary>Looks whether the cluster's Redis still holds the jobs that it held.</summary>
    /// <returns>When it does, or can't be asked.</returns>
    /// <exception cref="OneShotException">unavailable: it has lost its data.</exception>
    internal Task RequireSameClusterAsync() => _cluster?.RequireSameAsync() ?? Task.CompletedTask;

    internal async Task<T> CallAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _retries.ExecuteAsync(call, cancellationToken);
        }
        catch (Exception e) when (ClientRetries.IsLost(e))
        {
            await RequireSameClusterAsync();
            throw;
        }
    }

    private static IHost Build(ClusterClientOptions options, ClusterConnection? cluster)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.UseOrleansClient(client =>
        {
            if (cluster is not null)
            {
                client.UseRedisClustering(clustering => clustering.ConfigurationOptions = ClusterRedis.Parse(options.Redis!));
                client.Services.AddSingleton<IClientConnectionRetryFilter>(cluster);
            }
            else
            {
                client.UseStaticClustering([.. options.Gateways]);
            }

            // Costs nothing while nobody listens to Orleans' activities.
            client.AddActivityPropagation();
            client.Configure<ClusterOptions>(identity =>
            {
                identity.ClusterId = options.OrleansClusterId;
                identity.ServiceId = options.ServiceId;
            });
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = s_gatewayListPeriod);
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = options.ResponseTimeout);
        });
        return builder.Build();
    }
}
