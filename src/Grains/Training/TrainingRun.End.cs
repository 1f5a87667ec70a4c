using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>How a run ends without a result: whose the error is decides what its job hears.</summary>
internal sealed partial class TrainingRun
{
    // Of the time that a store may be away: a store that is back at once may not be well yet, and the next epoch would be where this one was within a second.
    private const int PauseShare = 100;

    /// <summary>Tells the job how the run ended without a result.</summary>
    private async Task EndAsync(Exception error)
    {
        await _progress.CompleteAsync();
        if (error is OperationCanceledException && Reason == StopReason.Drain && _unheard is { } unheard)
        {
            error = unheard;
        }
        if (error is StaleEpochException || (error is OperationCanceledException && Reason == StopReason.Cancel))
        {
            // Frees the slot of a cancelled job; a job with another epoch ignores it.
            LogStopped(_lease.JobId, _lease.Epoch, "cancelled or replaced");
            await TellAsync(() => _job.Release(_lease.Epoch, requeue: false));
        }
        else if (error is OperationCanceledException && Reason == StopReason.Drain)
        {
            LogStopped(_lease.JobId, _lease.Epoch, "the silo stops");
            await TellAsync(() => _job.Release(_lease.Epoch, _requeue));
        }
        else if (Fault.Of(error) == FaultKind.Store)
        {
            await GiveBackAsync(error);
        }
        else
        {
            _abandon.ThrowIfCancellationRequested();
            LogFailed(error, _lease.JobId, _lease.Epoch);
            var detail = Fault.Describe(error);
            if (Fault.Of(error) == FaultKind.Request)
            {
                await TellAsync(() => _job.Fail(_lease.Epoch, detail));
                return;
            }

            // Before the job is queued again: it must not come back here.
            if (!Fault.IsLack(error))
            {
                await _services.Quarantine(detail.Message.TrimEnd('.'));
            }
            await TellAsync(() => _job.MachineFault(_lease.Epoch, detail));
        }
    }

    /// <summary>A store is away. Nothing is wrong with the job: it goes on from its last checkpoint, here or where the store can be reached.</summary>
    private async Task GiveBackAsync(Exception error)
    {
        LogStopped(_lease.JobId, _lease.Epoch, error.Message);
        TimeSpan lasted;
        if (error is OutageException outage)
        {
            lasted = outage.Limit;
            // It may be this silo alone that can't reach it.
            await _services.Quarantine(error.Message.TrimEnd('.'));
        }
        else
        {
            var began = _services.Options.Clock.GetTimestamp();
            await WaitForStoreAsync();
            lasted = _services.Options.Clock.GetElapsedTime(began);
        }

        await TellAsync(() => _job.Outage(_lease.Epoch, error.Message, lasted));
    }

    /// <summary>The engine found the store away and gave up at once: the next epoch would do the same until it is back.</summary>
    private async Task WaitForStoreAsync()
    {
        using var waits = CancellationTokenSource.CreateLinkedTokenSource(_waits.Token, _stop.Token);
        try
        {
            await _writes.ExecuteAsync(cancellationToken => _services.Store.GetInfoAsync(StorePaths.Manifest(_lease.JobId), cancellationToken), waits.Token);
            await Task.Delay(_services.Options.StoreOutageLimit / PauseShare, _services.Options.Clock, waits.Token);
        }
        catch (Exception e) when (e is OutageException or OperationCanceledException)
        {
            // Elsewhere it may be in reach.
        }
        catch (Exception e)
        {
            // It is back and refuses: the next epoch says so. The job must hear all the same that nobody works for it.
            LogStopped(_lease.JobId, _lease.Epoch, e.Message);
        }
    }
}
