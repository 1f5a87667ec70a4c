using OrleansOneShot.Cli.App;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Client;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Progress;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>Follows a job to its end. When another process owned the jobs and goes away, this one takes over, or connects to whoever did; the log goes on where it stopped.</summary>
internal sealed class JobFollower : IAsyncDisposable
{
    // Calls to a cluster may fail this often in a row, a second apart, before the command gives up.
    private const int MostFailures = 60;

    private readonly CommandContext _context;
    private readonly SessionTarget _target;
    private readonly IProgressDisplay _display;
    private readonly Action<ProgressEvent>? _onEvent;
    private JobSession _session;

    /// <summary>Follows jobs of a session, which becomes this object's.</summary>
    /// <param name="context">The command.</param>
    /// <param name="session">An open session.</param>
    /// <param name="display">Shows what happens.</param>
    /// <param name="onEvent">Also gets each event.</param>
    public JobFollower(CommandContext context, JobSession session, IProgressDisplay display, Action<ProgressEvent>? onEvent = null)
    {
        _context = context;
        _session = session;
        _target = session.Target;
        _display = display;
        _onEvent = onEvent;
    }

    /// <summary>The present session.</summary>
    public JobSession Session => _session;

    /// <summary>Follows a job until it has ended.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its final status.</returns>
    /// <exception cref="OperationCanceledException">Interrupted.</exception>
    public async Task<ImplantationStatus> FollowAsync(string jobId)
    {
        var next = 1L;
        var failures = 0;
        while (true)
        {
            _context.Interrupt.ThrowIfCancellationRequested();
            var job = _session.Client.GetImplantation(jobId);
            try
            {
                var status = await job.GetStatusAsync(_context.Interrupt);
                if (!status.State.IsFinal())
                {
                    await job.EnsureRunningAsync("restart", _context.Interrupt);
                }

                await foreach (var progress in job.WatchAsync(next, _context.Interrupt))
                {
                    next = progress.Sequence + 1;
                    failures = 0;
                    _onEvent?.Invoke(progress);
                    _display.Show(progress);
                }

                status = await job.GetStatusAsync(_context.Interrupt);
                if (status.State.IsFinal())
                {
                    return status;
                }

                // The stream of an unfinished job ends when its silo goes.
                await Task.Delay(TimeSpan.FromMilliseconds(200), _context.Interrupt);
            }
            catch (Exception e) when (_session.Owner is not null && e is not OneShotException && !_context.Interrupt.IsCancellationRequested)
            {
                _display.Say($"Process {_session.Owner.ProcessId}, which worked on the job, is gone; going on.");
                await _session.DisposeAsync();
                _session = await JobSession.OpenAsync(_target, SessionMode.Work, _context.Interrupt);
            }
            catch (Exception e) when (_target.Redis is not null && failures < MostFailures && e is not OneShotException && !_context.Interrupt.IsCancellationRequested)
            {
                // A silo went in the middle of a call; the job goes on elsewhere, and the client finds another gateway by itself.
                failures++;
                await Task.Delay(TimeSpan.FromSeconds(1), _context.Interrupt);
            }
            catch (Exception e) when (OneShotClient.IsUnanswered(e) && !_context.Interrupt.IsCancellationRequested)
            {
                throw await _session.Client.ExplainAsync(e);
            }
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _session.DisposeAsync();
}
