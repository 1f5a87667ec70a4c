using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job's state is written, logged and told to others.</summary>
internal sealed partial class ImplantationGrain
{
    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ImplantationState Cancelled(ImplantationState state) => state with { State = JobState.Cancelled, Finished = Now };

    private ImplantationState Succeeded(ImplantationState state, JobResult result) =>
        state with
        {
            State = JobState.Succeeded,
            Finished = Now,
            Lease = null,
            CancelRequested = false,
            Files = result.Files,
            Metrics = result.Metrics,
        };

    /// <summary>The state without a trainer, whose time is added up.</summary>
    private ImplantationState EpochOver(ImplantationState state) =>
        state with
        {
            Lease = null,
            EpochStarted = null,
            Seconds = state.Seconds + (state.EpochStarted is { } began ? Math.Max(0, (Now - began).TotalSeconds) : 0),
        };

    /// <summary>Stores a state. Readers go on seeing the old one until the new one is durable.</summary>
    private async Task WriteAsync(ImplantationState next)
    {
        storage.State = next;
        _writing++;
        try
        {
            await storage.WriteStateAsync();
            _state = next;
            _confirmed = options.Value.Clock.GetTimestamp();
        }
        catch
        {
            // Whether it was written is not known: the next activation reads what is there.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _writing--;
        }
    }

    /// <summary>
    /// While silos can't reach each other the directory may let a job be activated twice. Only one of the two can write, but the other would tell readers for
    /// ever what it once read: so it looks, now and then and while it is asked, whether the stored state is still its own. A success is nobody's to change; any
    /// other end may have been retried.
    /// </summary>
    /// <exception cref="OrleansException">It is not, and this activation goes; the call may be repeated.</exception>
    private async Task RequireCurrentAsync()
    {
        var clock = options.Value.Clock;
        if (_state.State == JobState.Succeeded || _writing > 0 || clock.GetElapsedTime(_confirmed) < options.Value.StateTrust)
        {
            return;
        }
        var etag = storage.Etag;
        var stored = new GrainState<ImplantationState>(new ImplantationState());
        try
        {
            await states.ReadStateAsync(StateName, this.GetGrainId(), stored);
        }
        catch (Exception e)
        {
            // An answer from memory is better than none.
            LogNotConfirmed(e, Id);
            return;
        }

        if (_writing > 0 || storage.Etag != etag)
        {
            return;
        }
        if (stored.ETag != etag)
        {
            LogReplaced(Id);
            DeactivateOnIdle();
            throw new OrleansException($"Another activation of job {Id} has gone on; ask again.");
        }

        _confirmed = clock.GetTimestamp();
    }

    /// <summary>Stores a state, then logs it and tells the catalog.</summary>
    private async Task MoveAsync(ImplantationState next, string? message = null)
    {
        await WriteAsync(next);
        await LogAsync(EventOf(next, message));
        await PutSummaryAsync();
    }

    private async Task QueueAsync(ImplantationState state, string message, bool front = false)
    {
        await MoveAsync(state with { State = JobState.Queued, Lease = null, Parked = false, QueuedAt = Now }, message);
        await EnqueueAsync(front);
    }

    /// <summary>
    /// Its age counts from its submission, so an interrupted job goes on before younger ones. It names the epoch that is over: the lease of that one may still
    /// stand, and would swallow the entry. May be repeated at any time while the job waits.
    /// </summary>
    private Task EnqueueAsync(bool front = false)
    {
        var (request, waits) = (Asked!, options.Value.WaitForDevice);
        return GrainFactory
            .GetGrain<ISchedulerGrain>(0)
            .Enqueue(
                new QueueEntry(
                    Id,
                    request.Owner,
                    request.Priority,
                    _state.Created,
                    request.Model.Name,
                    waits ? MemoryProfiles.NameOf(request) : null,
                    waits ? DeviceKind.Of(request) : null,
                    Front: front,
                    Over: _state.Epoch,
                    Avoid: Avoid
                )
            );
    }

    /// <summary>The last change of a job.</summary>
    private async Task EndAsync(ImplantationState final)
    {
        await WriteAsync(final);
        LogEnded(Id, final.State, final.Epoch);
        instruments.OnEnded(Kind, final.State, Asked!.Model.Name, final.Error, final.Started is null ? null : final.Seconds, final.Metrics);
        await ShowEndAsync(EventOf(final, final.Error?.Message));
    }

    /// <summary>Tells watchers of the end, and those whom it concerns.</summary>
    private async Task ShowEndAsync(ProgressEvent last)
    {
        // Watchers end only after they have seen the last event.
        await LogAsync(last);
        _ended = true;
        Signal();
        await FinishEffectsAsync();
    }

    /// <summary>
    /// What an ended job owes to others; repeated calls do no harm. Nor do late ones, by an activation that does not know that the job was retried: they name
    /// the epochs that are over.
    /// </summary>
    private async Task FinishEffectsAsync()
    {
        // The slot is others' meanwhile: nobody of those who are told is waited for with it.
        await Task.WhenAll(FreeSlotAsync(), TellEndAsync());
        await DeleteGarbageAsync();
    }

    private Task FreeSlotAsync() => _state.Lease is null ? GrainFactory.GetGrain<ISchedulerGrain>(0).RemoveEnded(Id, _state.Epoch) : Task.CompletedTask;

    private async Task TellEndAsync()
    {
        // As long as the list has the job as unfinished, the backstop comes back to it: so the list hears of the end after those who can't be told later.
        // Neither waits for the other to be reachable.
        var (webhooks, run) = (await TellWebhooksAsync(), await TellDatasetRunAsync());
        if (webhooks && run)
        {
            await PutSummaryAsync();
        }
    }

    /// <summary>Does what an ended job may still owe to others, if it is the job's end still.</summary>
    private async Task MendEffectsAsync()
    {
        await RequireCurrentAsync();
        await FinishEffectsAsync();
    }

    private ProgressEvent EventOf(ImplantationState state, string? message = null) =>
        new()
        {
            Sequence = 0,
            Time = state.Finished ?? Now,
            Stage = state.State,
            Step = _step,
            Steps = _steps,
            Epoch = state.Epoch,
            Message = message,
        };

    private void Signal()
    {
        var news = _news;
        _news = NewSignal();
        news.SetResult();
    }

    private async Task<bool> IsAliveAsync(string? silo)
    {
        if (silo is null)
        {
            return false;
        }
        var address = SiloAddress.FromParsableString(silo);
        var status = membership.CurrentSnapshot.GetSiloStatus(address);
        if (status == SiloStatus.None)
        {
            // Too new to be known here, or of an earlier process: the table tells.
            await membership.Refresh();
            status = membership.CurrentSnapshot.GetSiloStatus(address);
        }

        return status is not (SiloStatus.None or SiloStatus.Dead);
    }

    /// <summary>
    /// Moves to another silo as soon as nothing runs here; just to be deactivated is not enough, since whoever calls next may be of this silo and would place
    /// it here again.
    /// </summary>
    private void LeaveSilo()
    {
        var here = GrainContext.Address.SiloAddress;
        var others = membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(here)).ToList();
        if (others.Count == 0)
        {
            DeactivateOnIdle();
        }
        else
        {
            PlacementHint.Migrate(this, others[Random.Shared.Next(others.Count)].SiloAddress);
        }
    }

    private async Task StopTrainerAsync(long epoch)
    {
        try
        {
            await PlacementHint.CallAsync(_state.Lease!.Silo, () => Trainer(epoch).Stop(epoch));
        }
        catch (Exception e)
        {
            // It learns at its next report; until then its slot stays taken.
            LogNotStopped(e, Id, epoch);
        }
    }

    private async Task DeleteFilesAsync(string prefix)
    {
        var paths = new List<string>();
        await foreach (var file in store.ListAsync(prefix))
        {
            paths.Add(file.Path);
        }
        foreach (var path in paths)
        {
            await DeleteFileAsync(path);
        }
    }

    private async Task DeleteFileAsync(string path)
    {
        try
        {
            await store.DeleteAsync(path);
        }
        catch (IOException e)
        {
            LogNotDeleted(e, path);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} of {Owner} submitted for model {Model}")]
    private partial void LogSubmitted(string jobId, string owner, string model);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} ended: {State}, epoch {Epoch}")]
    private partial void LogEnded(string jobId, JobState state, long epoch);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} waits again ({Reason})")]
    private partial void LogRequeued(string jobId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: silo {Silo} could not start it")]
    private partial void LogNotStarted(Exception error, string jobId, long epoch, string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}, epoch {Epoch}: its trainer could not be asked to stop")]
    private partial void LogNotStopped(Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: the progress log could not be stored")]
    private partial void LogNotStored(Exception error, string jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: its stored state could not be read; readers are told what is in memory")]
    private partial void LogNotConfirmed(Exception error, string jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} has gone on in another activation; this one goes")]
    private partial void LogReplaced(string jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Path} could not be deleted")]
    private partial void LogNotDeleted(Exception error, string path);
}
