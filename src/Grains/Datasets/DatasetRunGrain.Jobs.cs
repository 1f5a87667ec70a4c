using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>
/// How items become jobs, and jobs' ends the items'. An attempt is stored before its job hears of it, and the job's id follows from run, number and attempt:
/// whatever dies, whoever comes next finds the same job and asks it how it is.
/// </summary>
internal sealed partial class DatasetRunGrain
{
    private const int CallsAtOnce = 8;

    // Items whose jobs are known, to this activation, to be at work on their attempt.
    private readonly HashSet<int> _atWork = [];

    // Items whose jobs were asked to stop, and are wanted again since.
    private readonly HashSet<int> _wantedAgain = [];

    public async Task Ended(string jobId, int number)
    {
        if (_book.Find(number)?.Job != jobId)
        {
            // Another run's, an earlier attempt's, or nobody's.
            return;
        }

        if (await JobOf(jobId).GetStatus() is { } status && _book.Find(number) is { } line && line.Job == jobId)
        {
            Settle(line, status);
        }

        // The turn begins the next item at once, so that one write stores this one's end and that one's beginning.
        Wake();
        await FlushAsync();
    }

    private IImplantationGrain JobOf(string jobId) => GrainFactory.GetGrain<IImplantationGrain>(jobId);

    private DatasetLine? Current(DatasetLine line) =>
        _book.Find(line.Number) is { State: DatasetItemState.Running } now && now.Attempts == line.Attempts && now.Job == line.Job ? now : null;

    /// <summary>Begins as many items as there is room for: stored first, then acted on by the same turn.</summary>
    private void Grant(int most)
    {
        while (_book.Running < most && _book.Next is { } line)
        {
            var attempt = line.Attempts + 1;
            Set(
                line with
                {
                    State = DatasetItemState.Running,
                    Attempts = attempt,
                    Job = line.Job ?? DatasetRules.JobOf(Id, line.Number, attempt),
                    Retries = line.Job is null ? 0 : DatasetLine.NotAsked,
                    Started = null,
                    Finished = null,
                }
            );
        }
    }

    /// <summary>Makes sure that a running item's job is at work, or takes its end.</summary>
    private async Task EnsureAtWorkAsync(DatasetLine line)
    {
        try
        {
            var job = JobOf(line.Job!);
            var status = await job.GetStatus();
            if (Current(line) is not { } now)
            {
                return;
            }
            if (status is null)
            {
                status = await SubmitAsync(now);
            }
            else if (status.State is JobState.Submitted or JobState.Queued)
            {
                // A crash may have come between its state and its place in the list and the queue.
                await job.EnsureRunning("dataset_run");
            }
            else if (status.State is JobState.Failed or JobState.Cancelled && (now.Retries == DatasetLine.NotAsked || status.Retries < now.Retries))
            {
                if (now.Retries == DatasetLine.NotAsked)
                {
                    Set(now with { Retries = status.Retries + 1 });
                    await FlushAsync();
                }
                status = await job.Retry(status.Retries);
            }

            if (status is not null && _book.Find(line.Number) is { } then && then.Job == status.Id)
            {
                Settle(then, status);
            }
        }
        catch (OneShotException e) when (e.Code == ErrorCodes.Limit)
        {
            GiveBack(line);
            _full = true;
            _blocked = $"Waits for room in the queue: {e.Detail.Message}";
        }
        catch (OneShotException e) when (e.Code is not (ErrorCodes.Unavailable or ErrorCodes.Conflict or ErrorCodes.NotFound))
        {
            Fail(line, e.Detail);
        }
        catch (OneShotException e) when (e.Code == ErrorCodes.Conflict && line.Job == DatasetRules.JobOf(Id, line.Number, line.Attempts) && line.Retries == 0)
        {
            // Somebody else's job has the id.
            Fail(line, e.Detail);
        }
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException or ArtifactTooLargeException)
        {
            Fail(line, new ErrorDetail(ErrorCodes.Failed, e.Message, Hint: "Add the item again, then retry."));
        }
        catch (Exception e)
        {
            // Whether the job has heard is not known: it is asked again, with the next turn.
            LogNotReached(e, Id, line.Job!);
            _blocked = "Waits for the store or the cluster, which did not answer.";
        }
    }

    /// <summary>Submits the job of an attempt. One that has lost its job, since somebody deleted it, gets another first.</summary>
    private async Task<ImplantationStatus?> SubmitAsync(DatasetLine line)
    {
        var own = DatasetRules.JobOf(Id, line.Number, line.Attempts);
        if (line.Job != own || line.Retries != 0)
        {
            line = line with { Job = own, Retries = 0 };
            Set(line);
            await FlushAsync();
        }

        var request = await _batches.ReadAsync(line.Batch!, line.Place);
        return Current(line) is null || _row.State != DatasetRunState.Running ? null : await JobOf(own).Submit(request);
    }

    /// <summary>Asks a running item's job to stop, and takes its end.</summary>
    private async Task StopAsync(DatasetLine line)
    {
        try
        {
            var job = JobOf(line.Job!);
            var status = await job.GetStatus();
            if (status is not null && !status.State.IsFinal())
            {
                status = await job.Cancel();
            }
            if (Current(line) is not { } now)
            {
                return;
            }
            if (status is null || (status.State.IsFinal() && (now.Retries == DatasetLine.NotAsked || status.Retries < now.Retries)))
            {
                // The attempt never came to its job.
                GiveBack(now);
            }
            else
            {
                Settle(now, status);
            }
        }
        catch (Exception e)
        {
            LogNotReached(e, Id, line.Job!);
        }
    }

    /// <summary>Takes the end of an item's job, if it is the attempt's; otherwise notes that it works.</summary>
    private void Settle(DatasetLine line, ImplantationStatus status)
    {
        var running = line.State == DatasetItemState.Running;
        if (!status.State.IsFinal())
        {
            if (running)
            {
                _atWork.Add(line.Number);
            }
            return;
        }

        // A result is for ever, however it came about: also if somebody has retried the job alone.
        var succeeded = status.State == JobState.Succeeded;
        if (succeeded ? line.State == DatasetItemState.Succeeded : !running || line.Retries == DatasetLine.NotAsked || status.Retries < line.Retries)
        {
            return;
        }

        _atWork.Remove(line.Number);
        if (_wantedAgain.Remove(line.Number) && status.State == JobState.Cancelled)
        {
            Set(line with { State = DatasetItemState.Waiting });
            return;
        }

        var state =
            succeeded ? DatasetItemState.Succeeded
            : status.State == JobState.Failed ? DatasetItemState.Failed
            : DatasetItemState.Cancelled;
        Set(
            line with
            {
                State = state,
                Error = status.Error,
                Started = status.Started,
                Finished = status.Finished,
                Seconds = status.Seconds,
                Metrics = status.Metrics,
            }
        );
        instruments.OnDatasetItem(
            state switch
            {
                DatasetItemState.Succeeded => "succeeded",
                DatasetItemState.Failed => "failed",
                _ => "cancelled",
            }
        );
    }

    private void Fail(DatasetLine line, ErrorDetail error)
    {
        if (Current(line) is { } now)
        {
            _atWork.Remove(line.Number);
            Set(now with { State = DatasetItemState.Failed, Error = error, Finished = Now });
            instruments.OnDatasetItem("failed");
        }
    }

    /// <summary>An attempt that came to nothing does not count, and the item waits again.</summary>
    private void GiveBack(DatasetLine line)
    {
        if (Current(line) is { } now)
        {
            _atWork.Remove(line.Number);
            var isNew = now.Job == DatasetRules.JobOf(Id, now.Number, now.Attempts) && now.Retries == 0;
            Set(now with { State = DatasetItemState.Waiting, Attempts = now.Attempts - 1, Job = isNew ? null : now.Job });
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset run {RunId} could not reach job {JobId}; it is tried again")]
    private partial void LogNotReached(Exception error, string runId, string jobId);
}
