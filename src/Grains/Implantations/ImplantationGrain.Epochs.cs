using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Contracts.Tracing;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How epochs begin and are given up: what the scheduler and the recovery call. Each may call twice, or late.</summary>
internal sealed partial class ImplantationGrain
{
    public Task<bool> EnsureRunning(string reason) => EnsureRunningAsync(reason, lost: null);

    public Task<bool> LoseSlot(SlotLease lease, string reason)
    {
        RequireOwn(lease);
        return EnsureRunningAsync(reason, lease);
    }

    private async Task<bool> EnsureRunningAsync(string reason, SlotLease? lost)
    {
        if (Asked is null)
        {
            return false;
        }
        if (_state.State is JobState.Submitted or JobState.Queued && await CompleteFromManifestAsync())
        {
            return false;
        }
        switch (_state.State)
        {
            case JobState.Succeeded or JobState.Failed or JobState.Cancelled:
                // Mends what a crash after the last write left undone.
                await MendEffectsAsync();
                return false;
            case JobState.Submitted:
                await PutSummaryAsync();
                await QueueAsync(_state, "Waits for a free slot.");
                return true;
            case JobState.Queued:
                var parked = _state.Parked;
                if (parked)
                {
                    await WriteAsync(_state with { Parked = false, QueuedAt = Now });
                    instruments.OnResumed(reason, StepsToRepeat);
                }

                // A crash may have kept the list from hearing of it.
                await PutSummaryAsync();
                await EnqueueAsync();
                return parked;
            default:
                // Of a lease that it has freed the scheduler knows better than the membership. News of an older one has come late: the job works elsewhere by
                // now.
                if (lost is null ? await IsAliveAsync(_state.Lease?.Silo) : !Holds(lost))
                {
                    return false;
                }
                return await RequeueOrphanAsync(reason);
        }
    }

    private bool Holds(SlotLease lease) =>
        _state.Lease is not { } held || (held.Silo == lease.Silo && held.Slot == lease.Slot && (lease.Epoch == 0 || lease.Epoch == held.Epoch));

    public async Task<SlotLease?> Start(SlotLease lease)
    {
        RequireOwn(lease);
        if (Asked is null || _state.State.IsFinal())
        {
            return null;
        }
        var again = _state.Lease is { } held && held.Silo == lease.Silo && held.Slot == lease.Slot;
        if (!again)
        {
            // A lease that it has heard of too late may be the one that it works with: the scheduler then takes it off that one.
            if (_state.State is not JobState.Queued)
            {
                return _state.Lease;
            }
            if (await CompleteFromManifestAsync())
            {
                return null;
            }
            var epoch = Newest + 1;
            await MoveAsync(
                _state with
                {
                    State = JobState.Preparing,
                    Epoch = epoch,
                    Lease = lease with { Epoch = epoch },
                    Started = _state.Started ?? Now,
                    EpochStarted = Now,
                    Parked = false,
                    Step = _state.Checkpoint?.Step ?? 0,
                }
            );
            _step = _state.Step;
            if (_state.QueuedAt is { } since)
            {
                instruments.OnLeased(Now - since);
                JobTrace.Begin("queued", TraceParent.ContextOf(_state.Trace), Id, epoch, since)?.Dispose();
            }
        }

        TraceParent.Send(_state.Trace);
        try
        {
            await PlacementHint.CallAsync(
                lease.Silo,
                () =>
                    _state.Generation is { } generation
                        ? Trainer(_state.Epoch).Draw(_state.Lease!, generation, Sources)
                        : Trainer(_state.Epoch).Start(_state.Lease!, _state.Request!, new ResumePoint(_state.Checkpoint, _state.Previous, _state.Settled))
            );
        }
        catch (Exception e)
        {
            LogNotStarted(e, Id, _state.Epoch, lease.Silo);
            await MoveAsync(_state with { State = JobState.Queued, Lease = null, QueuedAt = Now }, "The slot could not be used; waits for another.");
            throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Slot {lease.Slot} of {lease.Silo} could not be used: {e.Message}"), e);
        }

        return _state.Lease;
    }

    public async Task TellWaiting(string why)
    {
        if (Asked is not null && _state is { State: JobState.Queued, Parked: false })
        {
            await LogAsync(EventOf(_state, why));
        }
    }
}
