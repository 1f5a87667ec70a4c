using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Client.Watching;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// Follows a job to its end. When another process owned the jobs and goes away, this one takes over, or connects to whoever did; the log goes on where it
/// stopped.
/// </summary>
internal sealed class JobFollower : IAsyncDisposable
{
    // Calls to a cluster or a server may fail this often in a row, a second apart, before the command gives up.
    private const int MostFailures = 60;

    private readonly CommandContext _context;
    private readonly LastingSession _session;
    private readonly JobWatch _watch;

    /// <summary>Follows jobs of a session, which becomes this object's.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">An open session.</param>
    /// <param name="display">Shows what happens.</param>
    /// <param name="onEvent">Also gets each event.</param>
    public JobFollower(CommandContext context, LastingSession session, IProgressDisplay display, Action<ProgressEvent>? onEvent = null)
    {
        _context = context;
        _session = session;
        _session.Moved = display.Say;
        _watch = new JobWatch(progress =>
        {
            session.Answered();
            onEvent?.Invoke(progress);
            display.Show(progress);
        })
        {
            MostFailures = session.Current.Target.Elsewhere is null ? 0 : MostFailures,
        };
    }

    /// <summary>The present session.</summary>
    public IJobSession Session => _session.Current;

    /// <summary>Follows a job until it has ended.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its final status.</returns>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public Task<IJobStatus> FollowAsync(string jobId) => _session.AskAsync((session, token) => FollowAsync(session, jobId, token), _context.Interrupt);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task<IJobStatus> FollowAsync(IJobSession session, string jobId, CancellationToken cancellationToken)
    {
        try
        {
            return await _watch.FollowAsync(session.GetJob(jobId), cancellationToken);
        }
        catch (Exception e) when (ClusterClient.IsUnanswered(e) && !_context.Interrupt.IsCancellationRequested)
        {
            throw await _session.Current.ExplainAsync(e);
        }
    }
}
