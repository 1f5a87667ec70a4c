using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// Follows a job to its end. When another process owned the jobs and goes away, this one takes over, or connects to whoever did; the log goes on where it
/// stopped.
/// </summary>
internal sealed class JobFollower : IAsyncDisposable
{
    // Calls to a cluster may fail this often in a row, a second apart, before the command gives up.
    private const int MostFailures = 60;

    private readonly CommandContext _context;
    private readonly LastingSession _session;
    private readonly IProgressDisplay _display;
    private readonly Action<ProgressEvent>? _onEvent;
    private long _next = 1;

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
        _display = display;
        _onEvent = onEvent;
    }

    /// <summary>The present session.</summary>
    public JobSession Session => _session.Current;

    /// <summary>Follows a job until it has ended.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its final status.</returns>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public Task<ImplantationStatus> FollowAsync(string jobId) => _session.AskAsync((session, token) => FollowAsync(session, jobId, token), _context.Interrupt);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task<ImplantationStatus> FollowAsync(JobSession session, string jobId, CancellationToken cancellationToken)
    {
        var job = session.Client.GetImplantation(jobId);
        var failures = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                var status = await job.GetStatusAsync(cancellationToken).WaitAsync(cancellationToken);
                if (!status.State.IsFinal())
                {
                    await job.EnsureRunningAsync("restart", cancellationToken).WaitAsync(cancellationToken);
                }

                await foreach (var progress in job.WatchAsync(_next, cancellationToken))
                {
                    _next = progress.Sequence + 1;
                    failures = 0;
                    _session.Answered();
                    _onEvent?.Invoke(progress);
                    _display.Show(progress);
                }

                status = await job.GetStatusAsync(cancellationToken).WaitAsync(cancellationToken);
                if (status.State.IsFinal())
                {
                    return status;
                }

                // The stream of an unfinished job ends when its silo goes.
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken);
            }
            catch (Exception e)
                when (session.Target.Redis is not null && failures < MostFailures && e is not OneShotException && !cancellationToken.IsCancellationRequested)
            {
                // A silo went in the middle of a call; the job goes on elsewhere, and the client finds another gateway by itself.
                failures++;
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
            catch (Exception e) when (OneShotClient.IsUnanswered(e) && !_context.Interrupt.IsCancellationRequested)
            {
                throw await _session.Current.Client.ExplainAsync(e);
            }
        }
    }
}
