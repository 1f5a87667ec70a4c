using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Watching;

/// <summary>
/// Follows a job to its end, and has it resumed if nobody works on it. What breaks on the way is asked for again; the log goes on where it stopped, also when
/// the job is reached in another way from then on.
/// </summary>
/// <param name="onEvent">Gets each event, once and in order.</param>
/// <param name="clock">Waits between two tries; null is the machine's.</param>
public sealed class JobWatch(Action<ProgressEvent> onEvent, TimeProvider? clock = null)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_next = TimeSpan.FromMilliseconds(200);
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;
    private long _next = 1;

    /// <summary>How often in a row it may fail, a second apart, before it is given up: 0 where whoever asks goes elsewhere then.</summary>
    public int MostFailures { get; init; }

    /// <summary>Follows a job. May be called again after it failed, also with another way to the same job.</summary>
    /// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
    /// <param name="job">The job.</param>
    /// <param name="cancellationToken">Stops; the job goes on.</param>
    /// <returns>Its final status.</returns>
    /// <exception cref="OneShotException">not_found, or unavailable.</exception>
    public async Task<TStatus> FollowAsync<TStatus>(IWatchedJob<TStatus> job, CancellationToken cancellationToken = default)
        where TStatus : class, IJobStatus
    {
        ArgumentNullException.ThrowIfNull(job);
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
                    onEvent(progress);
                }

                status = await job.GetStatusAsync(cancellationToken).WaitAsync(cancellationToken);
                if (status.State.IsFinal())
                {
                    return status;
                }

                // The stream of an unfinished job ends when its silo goes.
                await Task.Delay(s_next, _clock, cancellationToken);
            }
            catch (Exception e) when (failures < MostFailures && MayPass(e) && !cancellationToken.IsCancellationRequested)
            {
                // A silo went in the middle of a call; the job goes on elsewhere, and the client finds another gateway by itself.
                failures++;
                await Task.Delay(s_pause, _clock, cancellationToken);
            }
        }
    }

    // A verdict ends the watch. That something could not be reached has its cause with it, and is none.
    private static bool MayPass(Exception error) =>
        error is not OneShotException told || (told.Detail.Code == ErrorCodes.Unavailable && told.InnerException is not null);
}
