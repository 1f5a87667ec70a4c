using System.Net;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;
using OrleansOneShot.Storage.Files;

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

    private JobSession(DataFolder data, OneShotClient client, OwnerLock? held, EmbeddedSilo? silo, OwnerRecord? owner)
    {
        Data = data;
        Client = client;
        Owner = owner;
        _lock = held;
        _silo = silo;
        Store = new FileArtifactStore(data.Root);
    }

    /// <summary>The data folder.</summary>
    public DataFolder Data { get; }

    /// <summary>The jobs.</summary>
    public OneShotClient Client { get; }

    /// <summary>The artifacts, which lie in the data folder whoever owns it.</summary>
    public IArtifactStore Store { get; }

    /// <summary>The other process that owns the folder; null when this one does.</summary>
    public OwnerRecord? Owner { get; }

    /// <summary>Opens a session.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="mode">What for.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>The session.</returns>
    /// <exception cref="OneShotException">unavailable: the owner does not answer.</exception>
    public static async Task<JobSession> OpenAsync(DataFolder data, SessionMode mode, CancellationToken cancellationToken)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        OwnerRecord? owner = null;
        while (clock.Elapsed < Patience)
        {
            if (OwnerLock.TryAcquire(data) is { } held)
            {
                return await OwnAsync(data, held, mode, cancellationToken);
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
                    return new JobSession(data, await OneShotClient.ConnectAsync(options, cancellationToken), null, null, owner);
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
    /// <returns>Absolute path of the folder; null while nothing is published.</returns>
    public string? PublishedFolder(ImplantationStatus status) => status.State == JobState.Succeeded ? Path.Combine(Data.Root, "jobs", status.Id, "result") : null;

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

    private static async Task<JobSession> OwnAsync(DataFolder data, OwnerLock held, SessionMode mode, CancellationToken cancellationToken)
    {
        var trains = mode == SessionMode.Work;
        try
        {
            var silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Data = data, Trains = trains }, cancellationToken);
            held.Publish(silo.GatewayPort, silo.ClusterId, trains);
            return new JobSession(data, OneShotClient.Attach(silo.Grains), held, silo, null);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }
}
