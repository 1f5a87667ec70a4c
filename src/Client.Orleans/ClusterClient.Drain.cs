using OrleansOneShot.Client.Cluster.Redis;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Cluster;

/// <summary>Drains a cluster for an upgrade.</summary>
public sealed partial class ClusterClient
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    /// <summary>Drains the cluster: no job gets a slot, those that run stop at a checkpoint and wait, and all silos leave.</summary>
    /// <param name="cancellationToken">Stops waiting; the drain goes on.</param>
    /// <returns>How far that is.</returns>
    /// <exception cref="OneShotException">conflict: this is no cluster.</exception>
    public Task<DrainStatus> DrainAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<ISchedulerGrain>(0).Drain(), cancellationToken);

    /// <summary>Has one silo leave; others take its jobs.</summary>
    /// <param name="silo">Its address.</param>
    /// <param name="cancellationToken">Stops waiting; the silo leaves all the same.</param>
    /// <returns>How things are.</returns>
    /// <exception cref="OneShotException">not_found: no such silo. conflict: this is no cluster.</exception>
    public Task<DrainStatus> DrainSiloAsync(string silo, CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<ISchedulerGrain>(0).DrainSilo(silo), cancellationToken);

    /// <summary>Takes a drain back; silos that have begun to leave leave all the same.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How things are then.</returns>
    public Task<DrainStatus> ResumeAsync(CancellationToken cancellationToken = default) =>
        CallAsync(async _ => await _grains.GetGrain<ISchedulerGrain>(0).Resume(), cancellationToken);

    /// <summary>How far the cluster has drained.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The status; without silos once all have left.</returns>
    public async Task<DrainStatus> GetDrainAsync(CancellationToken cancellationToken = default)
    {
        var asking = CallAsync(async _ => await _grains.GetGrain<ISchedulerGrain>(0).GetDrain(), cancellationToken);
        // Of silos that have left nobody answers, and a call waits for long that one may come.
        while (_cluster is not null && await Task.WhenAny(asking, Task.Delay(s_look, cancellationToken)) != asking)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!await _cluster.HasSilosAsync())
            {
                asking.Ignore();
                return new DrainStatus(null, 0, 0, 0, []);
            }
        }

        return await asking;
    }

    /// <summary>Whether a cluster was drained and all of its silos have left, so that nobody could be asked.</summary>
    /// <param name="options">Where it is: with Redis.</param>
    /// <param name="resume">Whether to take the drain back then.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What Redis says of it; null: silos are there, or it was not drained.</returns>
    /// <exception cref="OneShotException">unavailable: Redis does not answer, or silos of another version are there.</exception>
    public static async Task<DrainDocument?> FindLeftAsync(ClusterClientOptions options, bool resume, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        await using var cluster = await ClusterConnection.OpenAsync(options, cancellationToken);
        if (cluster.Left is not { } mark)
        {
            return null;
        }

        if (resume)
        {
            await cluster.ResumeAsync();
        }

        return new DrainStatus(resume ? null : mark, 0, 0, 0, []).ToDocument();
    }
}
