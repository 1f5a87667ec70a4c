using System.Collections.Immutable;
using System.Net;
using OrleansOneShot.Client;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// A way to the jobs of a data folder: a silo in this process when nobody owns the folder, else a connection to its owner. One owner trains; a process that
/// only looks gives the folder back within seconds, so whoever wants to work waits for it.
/// </summary>
internal sealed class JobSession : IJobSession
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    // An owner that lives answers at once; one on a busy machine may be slow to start its grains.
    private static readonly TimeSpan s_answerLimit = TimeSpan.FromSeconds(20);

    private readonly OwnerLock? _lock;
    private readonly EmbeddedSilo? _silo;
    private readonly OwnerWatch? _watch;
    private int _closed;

    private JobSession(SessionTarget target, ClusterClient client, OwnerLock? held = null, EmbeddedSilo? silo = null, OwnerRecord? owner = null)
    {
        Target = target;
        Client = client;
        Owner = owner;
        _lock = held;
        _silo = silo;
        _watch = owner is null ? null : new OwnerWatch(target.Data, owner);
        Store = target.OpenStore();
    }

    /// <inheritdoc/>
    public SessionTarget Target { get; }

    /// <summary>The data folder.</summary>
    public DataFolder Data => Target.Data;

    /// <summary>The jobs.</summary>
    public ClusterClient Client { get; }

    /// <summary>The artifacts, which lie in one place whoever owns the jobs.</summary>
    public IArtifactStore Store { get; }

    /// <summary>The silo of this process; null where another process, or a cluster, works on the jobs.</summary>
    public EmbeddedSilo? Silo => _silo;

    /// <inheritdoc/>
    public OwnerRecord? Owner { get; }

    /// <inheritdoc/>
    public CancellationToken Gone => _watch?.Gone ?? CancellationToken.None;

    /// <summary>Opens a session.</summary>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="mode">What for.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <param name="webhookAllow">Hosts that webhooks may call besides those of the Internet, if a silo of this process works on the jobs.</param>
    /// <param name="allowPull">Repositories from which models may be pulled for callers, if a silo of this process works on the jobs.</param>
    /// <returns>The session.</returns>
    /// <exception cref="OneShotException">unavailable: the owner, or the cluster, does not answer.</exception>
    public static async Task<JobSession> OpenAsync(
        SessionTarget target,
        SessionMode mode,
        CancellationToken cancellationToken,
        ImmutableArray<string> webhookAllow = default,
        ImmutableArray<string> allowPull = default
    )
    {
        if (target.Redis is { } redis)
        {
            return new JobSession(target, await ClusterClient.ConnectAsync(ClusterOf(redis), cancellationToken));
        }

        var data = target.Data;
        var patience = new OwnerRetry(data);
        while (true)
        {
            if (OwnerLock.TryAcquire(data) is { } held)
            {
                return await OwnAsync(target, held, mode, webhookAllow.IsDefault ? [] : webhookAllow, allowPull.IsDefault ? [] : allowPull, cancellationToken);
            }

            var owner = OwnerLock.ReadRecord(data);
            patience.Spend(owner);
            if (
                owner is { GatewayPort: > 0 }
                && (mode == SessionMode.Look || owner.Trains)
                && await ConnectAsync(target, owner, cancellationToken) is { } session
            )
            {
                return session;
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    /// <summary>A cluster, as clients are told of it.</summary>
    /// <param name="redis">Connection string of its Redis.</param>
    public static ClusterClientOptions ClusterOf(string redis) =>
        new()
        {
            Redis = redis,
            ClusterId = ClusterSiloOptions.DefaultClusterId,
            ServiceId = EmbeddedSilo.ServiceId,
        };

    /// <summary>Whether another process works on a data folder's jobs, and takes calls.</summary>
    /// <param name="data">The folder.</param>
    public static bool HasWorker(DataFolder data) => OwnerLock.ReadRecord(data) is { Trains: true } owner && OwnerLock.IsOpen(data, owner);

    /// <inheritdoc/>
    public IOneShotClient Api => OneShotClient.Over(new ClusterTransport(Client, Store));

    /// <inheritdoc/>
    public ResultDownload ResultsOf(JobKind kind) => new(Store);

    /// <inheritdoc/>
    public IWatchedJob<IJobStatus> GetJob(string id) => new OwnJob(Client, id);

    /// <inheritdoc/>
    public async Task<IJobStatus> CancelAsync(string id, CancellationToken cancellationToken) =>
        await GetJob(id).GetStatusAsync(cancellationToken) is GenerationStatus
            ? await Client.GetGeneration(id).CancelAsync(cancellationToken)
            : await Client.GetImplantation(id).CancelAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<ImplantationStatus> RetryAsync(string id, CancellationToken cancellationToken) => Client.GetImplantation(id).RetryAsync(cancellationToken);

    /// <inheritdoc/>
    public Task DeleteAsync(IJobStatus job, CancellationToken cancellationToken) =>
        job is GenerationStatus ? Client.GetGeneration(job.Id).DeleteAsync(cancellationToken) : Client.GetImplantation(job.Id).DeleteAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<JobPage> ListPageAsync(JobQuery query, CancellationToken cancellationToken) => Client.ListPageAsync(query, cancellationToken);

    /// <inheritdoc/>
    public Task<OneShotException> ExplainAsync(Exception error) => Client.ExplainAsync(error);

    /// <inheritdoc/>
    public string? PublishedFolder(IJobStatus status) => status.State == JobState.Succeeded ? Target.Store.FileOf(StorePaths.Result(status.Id)) : null;

    /// <inheritdoc/>
    public bool IsOpen => Owner is null || OwnerLock.IsOpen(Data, Owner);

    /// <summary>
    /// Ends the session. A silo of this process stops its engines at their next step and waits for their checkpoints; before that, others learn that it takes
    /// no more calls.
    /// </summary>
    /// <returns>When closed.</returns>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        try
        {
            _lock?.Withdraw();
            if (_watch is not null)
            {
                await _watch.DisposeAsync();
            }

            await Client.DisposeAsync();
        }
        finally
        {
            try
            {
                if (_silo is not null)
                {
                    await _silo.DisposeAsync();
                }
            }
            finally
            {
                _lock?.Dispose();
            }
        }
    }

    /// <summary>
    /// Connects to an owner. The session counts as open only when a call came back: a gateway lets clients in while its silo already, or still, knows no
    /// grains.
    /// </summary>
    /// <returns>The session; null if the owner does not answer, or goes.</returns>
    private static async Task<JobSession?> ConnectAsync(SessionTarget target, OwnerRecord owner, CancellationToken cancellationToken)
    {
        var options = new ClusterClientOptions
        {
            Gateways = [new IPEndPoint(IPAddress.Loopback, owner.GatewayPort)],
            ClusterId = owner.ClusterId,
            ServiceId = EmbeddedSilo.ServiceId,
        };
        JobSession session;
        try
        {
            session = new JobSession(target, await ClusterClient.ConnectAsync(options, cancellationToken), owner: owner);
        }
        catch (OneShotException)
        {
            // It may be on its way out: then the lock is free in a moment.
            return null;
        }

        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, session.Gone);
            limit.CancelAfter(s_answerLimit);
            await session.Client.ListPageAsync(new JobQuery { PageSize = 1 }, limit.Token).WaitAsync(limit.Token);
            return session;
        }
        catch (OneShotException e) when (e.Detail.Code != ErrorCodes.Unavailable)
        {
            // An answer all the same.
            return session;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            await session.DisposeAsync();
            return null;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    private static async Task<JobSession> OwnAsync(
        SessionTarget target,
        OwnerLock held,
        SessionMode mode,
        ImmutableArray<string> webhookAllow,
        ImmutableArray<string> allowPull,
        CancellationToken cancellationToken
    )
    {
        var trains = mode == SessionMode.Work;
        try
        {
            var silo = await EmbeddedSilo.StartAsync(
                new EmbeddedSiloOptions
                {
                    Data = target.Data,
                    Trains = trains,
                    Slots = target.Slots,
                    LeftOpen = held.LeftOpen,
                    WebhookAllow = webhookAllow,
                    AllowPull = allowPull,
                },
                cancellationToken
            );
            held.Publish(silo.GatewayPort, silo.ClusterId, trains);
            return new JobSession(target, silo.OpenClient(), held, silo);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}
