using System.Net;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Silo.Cluster;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Silo.Hosting;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// A way to the jobs of a data folder: a silo in this process when nobody owns the folder, else a connection to its owner. One owner trains; a process that only looks gives the
/// folder back within seconds, so whoever wants to work waits for it.
/// </summary>
internal sealed class JobSession : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly OwnerLock? _lock;
    private readonly EmbeddedSilo? _silo;

    private JobSession(SessionTarget target, OneShotClient client, OwnerLock? held = null, EmbeddedSilo? silo = null, OwnerRecord? owner = null)
    {
        Target = target;
        Client = client;
        Owner = owner;
        _lock = held;
        _silo = silo;
        Store = target.OpenStore();
    }

    /// <summary>Where the jobs are.</summary>
    public SessionTarget Target { get; }

    /// <summary>The data folder.</summary>
    public DataFolder Data => Target.Data;

    /// <summary>The jobs.</summary>
    public OneShotClient Client { get; }

    /// <summary>The artifacts, which lie in one place whoever owns the jobs.</summary>
    public IArtifactStore Store { get; }

    /// <summary>The other process that owns the folder; null when this one does.</summary>
    public OwnerRecord? Owner { get; }

    /// <summary>Opens a session.</summary>
    /// <param name="target">Where the jobs are.</param>
    /// <param name="mode">What for.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The session.</returns>
    /// <exception cref="OneShotException">unavailable: the owner, or the cluster, does not answer.</exception>
    public static async Task<JobSession> OpenAsync(SessionTarget target, SessionMode mode, CancellationToken cancellationToken)
    {
        if (target.Redis is { } redis)
        {
            var cluster = new OneShotClientOptions { Redis = redis, ClusterId = ClusterSiloOptions.DefaultClusterId, ServiceId = EmbeddedSilo.ServiceId };
            return new JobSession(target, await OneShotClient.ConnectAsync(cluster, cancellationToken));
        }

        var data = target.Data;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        OwnerRecord? owner = null;
        while (clock.Elapsed < Patience)
        {
            if (OwnerLock.TryAcquire(data) is { } held)
            {
                return await OwnAsync(target, held, mode, cancellationToken);
            }

            owner = OwnerLock.ReadRecord(data) ?? owner;
            if (owner is { GatewayPort: > 0 } && (mode == SessionMode.Look || owner.Trains))
            {
                try
                {
                    var options = new OneShotClientOptions
                    {
                        Gateways = [new IPEndPoint(IPAddress.Loopback, owner.GatewayPort)],
                        ClusterId = owner.ClusterId,
                        ServiceId = EmbeddedSilo.ServiceId,
                    };
                    return new JobSession(target, await OneShotClient.ConnectAsync(options, cancellationToken), owner: owner);
                }
                catch (OneShotException)
                {
                    // It may be on its way out: then the lock is free in a moment.
                }
            }

            await Task.Delay(Pause, cancellationToken);
        }

        var who = owner is null ? "Another process" : $"Process {owner.ProcessId} (started {owner.Started:yyyy-MM-dd HH:mm:ss} UTC)";
        throw new OneShotException(new ErrorDetail(
            ErrorCodes.Unavailable, $"{who} holds the data folder {data} and does not answer.", "data", "Wait for it, end it, or use another folder with --data."));
    }

    /// <summary>Where a job's files lie.</summary>
    /// <param name="status">The job.</param>
    /// <returns>Absolute path of the folder; null while nothing is published, and where artifacts are no files.</returns>
    public string? PublishedFolder(ImplantationStatus status) => status.State == JobState.Succeeded && SiloStore.Choose(Data, Target.Redis is not null).Folder is not null ? Path.Combine(Data.Root, "jobs", status.Id, "result") : null;

    /// <summary>Ends the session. A silo of this process stops its engines at their next step and waits for their checkpoints.</summary>
    /// <returns>When closed.</returns>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await Client.DisposeAsync();
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

    private static async Task<JobSession> OwnAsync(SessionTarget target, OwnerLock held, SessionMode mode, CancellationToken cancellationToken)
    {
        var trains = mode == SessionMode.Work;
        try
        {
            var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = target.Data, Trains = trains }, cancellationToken);
            held.Publish(silo.GatewayPort, silo.ClusterId, trains);
            return new JobSession(target, OneShotClient.Attach(silo.Grains), held, silo);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}
