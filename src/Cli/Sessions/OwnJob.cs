using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>A job of a data folder, or of a cluster, of either kind and of any owner.</summary>
/// <param name="client">The way to the jobs.</param>
/// <param name="id">Its id.</param>
internal sealed class OwnJob(ClusterClient client, string id) : IWatchedJob<IJobStatus>
{
    // Grains of both kinds are one and the same; only what they tell differs.
    private readonly ClusterImplantation _job = client.GetImplantation(id);

    /// <inheritdoc/>
    public async Task<IJobStatus> GetStatusAsync(CancellationToken cancellationToken = default)
    {
        if (await _job.FindStatusAsync(cancellationToken) is { } trained)
        {
            return trained;
        }

        return (IJobStatus?)await client.GetGeneration(id).FindStatusAsync(cancellationToken) ?? await _job.GetStatusAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> EnsureRunningAsync(string reason, CancellationToken cancellationToken = default) => _job.EnsureRunningAsync(reason, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<ProgressEvent> WatchAsync(long fromSequence = 1, CancellationToken cancellationToken = default) =>
        _job.WatchAsync(fromSequence, cancellationToken);
}
