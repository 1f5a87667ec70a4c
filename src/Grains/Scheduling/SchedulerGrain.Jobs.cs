using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Paging;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What the scheduler tells jobs, and how it stores the queue.</summary>
internal sealed partial class SchedulerGrain
{
    private void Measure() => _gauges?.Set(_model.Measure(Settled));

    private void Requeue(ImmutableArray<SlotLease> leases, string reason)
    {
        foreach (var lease in leases)
        {
            LogOrphan(lease.JobId, reason);
            instruments.OnLeaseLost(reason);
            Say(_calls.Begin(lease, reason));
        }
    }

    private void RetryOrphans()
    {
        foreach (var call in _calls.Due(lost: true))
        {
            // One that waits again, or works again, had heard: only its answer was lost.
            if (_model.Has(call.Lease.JobId))
            {
                _calls.End(call);
            }
            else
            {
                Say(call);
            }
        }
    }

    private void StartJob(SlotLease lease) => Say(_calls.Begin(lease, lost: null));

    private Task AskAgainAsync(CancellationToken cancellationToken)
    {
        var unanswered = _model.Unanswered.Select(lease => (lease.JobId, lease.Silo, lease.Slot)).ToHashSet();
        foreach (var call in _calls.Due(lost: false))
        {
            // The lease may have ended meanwhile.
            if (unanswered.Contains((call.Lease.JobId, call.Lease.Silo, call.Lease.Slot)))
            {
                Say(call);
            }
            else
            {
                _calls.End(call);
            }
        }

        return Task.CompletedTask;
    }

    private void Say(JobCall call) => call.Saying = call.Lost is null ? StartAsync(call) : RequeueAsync(call);

    private async Task RequeueAsync(JobCall call)
    {
        try
        {
            await GrainFactory.GetGrain<IScheduledImplantation>(call.Lease.JobId).LoseSlot(call.Lease, call.Lost!);
            _calls.End(call);
        }
        catch (Exception e)
        {
            // Its state may be out of reach as well. Tried again by the timer; were this activation to end before, by the reminder.
            call.Unanswered++;
            LogRequeueFailed(e, call.Lease.JobId);
        }
    }

    private async Task StartAsync(JobCall call)
    {
        var lease = call.Lease;
        try
        {
            await StartCoreAsync(call);
        }
        catch (Exception e)
        {
            // It could not be stored: the next activation reads what is there, and asks again.
            LogUnsure(e, lease.JobId, lease.Silo, lease.Slot);
        }
    }

    private async Task StartCoreAsync(JobCall call)
    {
        var lease = call.Lease;
        SlotLease? answer;
        try
        {
            answer = await GrainFactory.GetGrain<IScheduledImplantation>(lease.JobId).Start(lease);
        }
        catch (Exception e) when (e is not OneShotException)
        {
            await UnansweredAsync(call, e);
            return;
        }
        catch (OneShotException e)
        {
            // Back to its place; the timer tries again, elsewhere if it can.
            LogStartFailed(e, lease.JobId, lease.Silo, lease.Slot);
            if (!_calls.Has(call))
            {
                return;
            }
            _calls.End(call);
            if (_model.NotStarted(lease, e is { Detail.Code: ErrorCodes.Unavailable } ? Now : null))
            {
                _writes.Changed();
            }
            await _writes.FlushAsync();
            return;
        }

        if (!_calls.Has(call))
        {
            return;
        }
        _calls.End(call);
        var started = answer is not null && answer.Silo == lease.Silo && answer.Slot == lease.Slot;
        if (started ? _model.Started(answer!) : _model.NotWanted(lease))
        {
            _writes.Changed();
        }
        else
        {
            started = false;
        }
        if (started)
        {
            // With the next write: an activation that does not know of the answer asks again, and the job answers the same.
            return;
        }
        await _writes.FlushAsync();
        // It works with a lease that is over, of which it had heard too late: off that, and into the queue.
        if (answer is not null)
        {
            Requeue([answer], "lease_over");
        }
        await PumpAsync(CancellationToken.None);
    }

    /// <summary>
    /// Whether the job works there by now is not known: were the slot given to somebody else, nobody might ever hear of this job again. So it is asked until it
    /// answers; after a while the slot is taken from it, and it is told so until it answers: then it waits again, or has ended, whatever it had heard before.
    /// </summary>
    private async Task UnansweredAsync(JobCall call, Exception error)
    {
        var lease = call.Lease;
        LogUnsure(error, lease.JobId, lease.Silo, lease.Slot);
        if (!_calls.Has(call) || ++call.Unanswered < options.Value.MaxUnansweredStarts)
        {
            return;
        }
        if (!_model.NotWanted(lease))
        {
            _calls.End(call);
            return;
        }

        _writes.Changed();
        await _writes.FlushAsync();
        Requeue([lease], "no_answer");
        await PumpAsync(CancellationToken.None);
    }

    /// <summary>Only says why it waits: lost, nothing is.</summary>
    private Task TellAsync(string job, string why) => GrainFactory.GetGrain<IScheduledImplantation>(job).TellWaiting(why);

    private async Task LoadAsync()
    {
        _queue = new PagedList<QueueRow>(pages, this.GetGrainId(), "queue", row => row.Entry.JobId);
        _writes = new SharedWrites(WriteAsync);
        var rows = await _queue.LoadAsync(storage.State.Pages);
        // From here on an older activation can't write, so nobody is told that a job is queued of which this one does not know.
        await _queue.FenceAsync();
        _model = new SchedulerModel(storage.State, options.Value.LeaseDuration, Now, rows);
        _notices = new WaitNotices(_model);
        // What a crash left twice, or an older version stored in one row.
        foreach (var row in rows.Where(row => _model.Waiting.Find(row.Entry.JobId) is null))
        {
            _queue.Remove(row.Entry.JobId);
        }
        foreach (var row in storage.State.Queue.IsDefaultOrEmpty ? [] : _model.Waiting.Arrivals)
        {
            _queue.Set(row);
        }
        _model.Entered = row =>
        {
            _queue.Set(row);
            _notices.Entered(row.Entry);
        };
        _model.Left = job =>
        {
            _queue.Remove(job);
            _notices.Left(job);
        };
        await WriteAsync();
    }

    /// <summary>
    /// Writes all changes made so far. Jobs move between the queue's pages and the leases of the state: a crash may leave one in both, never in neither.
    /// </summary>
    private async Task WriteAsync()
    {
        var (next, changes) = (_model.ToState(withQueue: false) with { Pages = _queue.Pages }, _queue.TakeChanges());
        try
        {
            // A page that the state does not count would not be read again.
            if (storage.State.Pages < next.Pages)
            {
                storage.State = storage.State with { Pages = next.Pages };
                await storage.WriteStateAsync();
            }

            await changes.WriteAdditionsAsync();
            if (!next.Same(storage.State))
            {
                storage.State = next;
                await storage.WriteStateAsync();
            }

            await changes.WriteRemovalsAsync();
        }
        catch
        {
            // What is stored is not known: the next activation reads it. Silos announce themselves again.
            DeactivateOnIdle();
            throw;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} lost its slot ({Reason})")]
    private partial void LogOrphan(string jobId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} slots lent to job {JobId}, epoch {Epoch}")]
    private partial void LogLent(int count, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} could not be asked to queue again")]
    private partial void LogRequeueFailed(Exception error, string jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} did not answer whether it starts on slot {Slot} of {Silo}; it is asked again")]
    private partial void LogUnsure(Exception error, string jobId, string silo, int slot);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} could not start on slot {Slot} of {Silo}; it waits again")]
    private partial void LogStartFailed(Exception error, string jobId, string silo, int slot);
}
