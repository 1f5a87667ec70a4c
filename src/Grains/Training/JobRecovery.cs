using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Grains.Training;

/// <summary>Queues jobs again that a process left unfinished.</summary>
internal sealed partial class JobRecovery(IGrainFactory grains, ILogger<JobRecovery> logger)
{
    /// <summary>Goes through all unfinished jobs. Jobs that wait already, or that another silo works for, stay as they are.</summary>
    /// <param name="reason">Why jobs may need it: "restart" of a process, or "backstop".</param>
    /// <param name="cancellationToken">Stops between two jobs.</param>
    /// <returns>Number of jobs that were queued again.</returns>
    public async Task<int> ResumeAsync(string reason, CancellationToken cancellationToken)
    {
        var resumed = 0;
        string? cursor = null;
        // A long queue that others keep needs no help: ten thousand jobs would be loaded to say so.
        var waiting = (await grains.GetGrain<ISchedulerGrain>(0).GetSnapshot()).Queue.Select(entry => entry.JobId).ToHashSet(StringComparer.Ordinal);
        do
        {
            var page = await grains
                .GetGrain<IJobCatalogGrain>(0)
                .List(
                    new JobQuery
                    {
                        Kind = null,
                        UnfinishedOnly = true,
                        Cursor = cursor,
                    }
                );
            // Oldest first, as they were submitted.
            foreach (var job in page.Jobs.Reverse().Where(job => !waiting.Contains(job.Id)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    if (await grains.GetGrain<IImplantationGrain>(job.Id).EnsureRunning(reason))
                    {
                        resumed++;
                    }
                }
                catch (Exception e)
                {
                    // One job whose state can't be read must not keep the others, or the silo, from starting.
                    LogFailed(e, job.Id);
                }
            }

            cursor = page.Next;
        } while (cursor is not null);

        if (resumed > 0)
        {
            LogResumed(resumed, reason);
        }
        await ResumeDatasetRunsAsync(cancellationToken);
        return resumed;
    }

    /// <summary>Has the dataset runs go on that have not come to rest. After the jobs: a run asks its own how they are.</summary>
    private async Task ResumeDatasetRunsAsync(CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await grains.GetGrain<IDatasetCatalogGrain>(0).List(new DatasetRunQuery { PageSize = DatasetRunQuery.MaxPageSize, Cursor = cursor });
            foreach (var run in page.Items.Where(run => !run.State.IsAtRest()))
            {
                cancellationToken.ThrowIfCancellationRequested();
                try
                {
                    await grains.GetGrain<IDatasetRunGrain>(run.Id).EnsureRunning();
                }
                catch (Exception e)
                {
                    // As with jobs: one that can't be read is no reason to leave the others.
                    LogRunFailed(e, run.Id);
                }
            }

            cursor = page.Next;
        } while (cursor is not null);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} unfinished jobs were queued again ({Reason})")]
    private partial void LogResumed(int count, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Dataset run {RunId} could not be resumed")]
    private partial void LogRunFailed(Exception error, string runId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} could not be resumed")]
    private partial void LogFailed(Exception error, string jobId);
}
