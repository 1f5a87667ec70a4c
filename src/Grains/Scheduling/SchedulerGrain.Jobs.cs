using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Paging;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What the scheduler tells jobs, and how it stores the queue.</summary>
internal sealed partial class SchedulerGrain
{
    private void Measure() => instruments.OnScheduler(_model.Queued, _model.Free, _model.Leased, _model.Lent);

    private void Requeue(ImmutableArray<SlotLease> leases, string reason)
    {
        foreach (var lease in leases)
            RequeueAsync(lease, reason).Ignore();
    }

    private async Task RequeueAsync(SlotLease lease, string reason)
    {
        try
        {
            LogOrphan(lease.JobId, reason);
            await GrainFactory.GetGrain<IImplantationGrain>(lease.JobId).LoseSlot(lease, reason);
        }
        catch (Exception e)
        {
            // Its state may be out of reach as well. Tried again by the timer; were this activation to end before, by the reminder.
            LogRequeueFailed(e, lease.JobId);
            _orphans[lease.JobId] = (lease, reason);
        }
    }

    private void RetryOrphans()
    {
        foreach (var (job, (lease, reason)) in _orphans.ToList())
        {
            _orphans.Remove(job);
            // One that waits again, or works again, had heard: only its answer was lost.
            if (!_model.Has(job))
                RequeueAsync(lease, reason).Ignore();
        }
    }

    private void StartJob(SlotLease lease)
    {
        var starting = StartJobAsync(lease);
        _starting[lease.JobId] = starting;
        ForgetAsync().Ignore();

        async Task ForgetAsync()
        {
            await starting.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (_starting.TryGetValue(lease.JobId, out var present) && present == starting)
                _starting.Remove(lease.JobId);
        }
    }

    private async Task StartJobAsync(SlotLease lease)
    {
        try
        {
            var answer = await GrainFactory.GetGrain<IImplantationGrain>(lease.JobId).Start(lease);
            _unsure.Remove(lease.JobId);
            if (answer is null ? _model.NotWanted(lease) : _model.Started(answer))
                _writes.Changed();
            await _writes.FlushAsync();
            if (answer is null)
                await PumpAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is not OneShotException && _unsure.GetValueOrDefault(lease.JobId) < MaxUnsure)
        {
            // Whether it works there by now is not known: were the slot given to somebody else, nobody might ever hear of this job again. It is asked until it answers.
            LogUnsure(e, lease.JobId, lease.Silo, lease.Slot);
            _unsure[lease.JobId] = _unsure.GetValueOrDefault(lease.JobId) + 1;
        }
        catch (Exception e)
        {
            // Back to its place; the timer tries again, elsewhere if it can.
            _unsure.Remove(lease.JobId);
            LogStartFailed(e, lease.JobId, lease.Silo, lease.Slot);
            if (_model.NotStarted(lease, e is OneShotException { Detail.Code: ErrorCodes.Unavailable } ? Now : null))
                _writes.Changed();
            await _writes.FlushAsync();
        }
    }

    private Task AskAgainAsync(CancellationToken cancellationToken)
    {
        if (_unsure.Count == 0)
            return Task.CompletedTask;
        // Only those that have been told once: of the others the leases may not be stored yet.
        foreach (var lease in _model.Unanswered.Where(lease => _unsure.ContainsKey(lease.JobId) && !_starting.ContainsKey(lease.JobId)))
            StartJob(lease);
        foreach (var gone in _unsure.Keys.Except(_model.Unanswered.Select(lease => lease.JobId), StringComparer.Ordinal).ToList())
            _unsure.Remove(gone);
        return Task.CompletedTask;
    }

    /// <summary>Only says why it waits: lost, nothing is.</summary>
    private Task TellAsync(string job, string why) => GrainFactory.GetGrain<IImplantationGrain>(job).Waits(why);

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
            _queue.Remove(row.Entry.JobId);
        foreach (var row in storage.State.Queue.IsDefaultOrEmpty ? [] : _model.Waiting.Arrivals)
            _queue.Set(row);
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

    /// <summary>Writes all changes made so far. Jobs move between the queue's pages and the leases of the state: a crash may leave one in both, never in neither.</summary>
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
