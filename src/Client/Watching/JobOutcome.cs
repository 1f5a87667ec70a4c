using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;

namespace OrleansOneShot.Client.Watching;

/// <summary>How jobs end for those who wait for them.</summary>
public static class JobOutcome
{
    /// <summary>Waits until a job has ended.</summary>
    /// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
    /// <param name="read">Reads the job's status.</param>
    /// <param name="watch">Watches the job from a number on.</param>
    /// <param name="cancellationToken">Stops waiting; the job goes on.</param>
    /// <returns>The status of a job that has succeeded.</returns>
    /// <exception cref="OneShotException">The job's own error when it failed; cancelled; whatever the two calls say.</exception>
    public static async Task<TStatus> WaitAsync<TStatus>(
        Func<CancellationToken, Task<TStatus>> read,
        Func<long, CancellationToken, IAsyncEnumerable<ProgressEvent>> watch,
        CancellationToken cancellationToken = default
    )
        where TStatus : class, IJobStatus
    {
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(watch);
        var status = await read(cancellationToken);
        while (!status.State.IsFinal())
        {
            await foreach (var _ in watch(status.LastSequence + 1, cancellationToken)) { }

            status = await read(cancellationToken);
        }

        return RequireSuccess(status);
    }

    /// <summary>Tells those who wait for a result that there will be none.</summary>
    /// <typeparam name="TStatus">What is told of jobs of its kind.</typeparam>
    /// <param name="status">The job.</param>
    /// <returns>The job, which has not failed and was not cancelled.</returns>
    /// <exception cref="OneShotException">The job's own error when it failed; cancelled.</exception>
    public static TStatus RequireSuccess<TStatus>(TStatus status)
        where TStatus : class, IJobStatus
    {
        ArgumentNullException.ThrowIfNull(status);
        return status.State switch
        {
            JobState.Failed => throw new OneShotException(status.Error ?? new ErrorDetail(ErrorCodes.Failed, $"Job {status.Id} failed.")),
            JobState.Cancelled => throw new OneShotException(new ErrorDetail(ErrorCodes.Cancelled, $"Job {status.Id} was cancelled.")),
            _ => status,
        };
    }
}
