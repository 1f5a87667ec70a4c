using System.Collections.Immutable;
using System.Globalization;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Faults;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>What the trainer calls. It may call twice, late, or for an epoch that is over.</summary>
internal sealed partial class ImplantationGrain
{
    public async Task Report(long epoch, ImmutableArray<ProgressUpdate> updates)
    {
        RequireEpoch(epoch);
        var fresh = Checked(epoch, updates).Where(update => !_log.Knows(update, epoch)).ToList();
        if (fresh.Count == 0)
        {
            // Known, and perhaps not stored: that is why it comes again.
            await StoreLogAsync();
            return;
        }

        var (state, step, steps) = (_state, _step, _steps);
        foreach (var update in fresh)
        {
            if (update.Stage == Working)
            {
                (step, steps) = (update.Step, update.Steps);
            }
            // Only forward, and only as far as an engine goes; the rest is the job's own business.
            if (update.Stage > state.State && update.Stage <= JobState.Sampling)
            {
                state = state with { State = update.Stage };
            }
            if (update is { IsWarning: true, Message: { } warning } && state.Warnings.Length < MaxWarnings && !state.Warnings.Contains(warning))
            {
                state = state with { Warnings = state.Warnings.Add(warning) };
            }
        }

        // A plain step costs one append to the log; the state is written when it changes.
        if (state != _state)
        {
            await WriteAsync(state with { Step = step, Steps = steps });
            await PutSummaryAsync();
        }

        (_step, _steps) = (step, steps);
        foreach (var update in fresh)
        {
            _log.Add(
                new ProgressEvent
                {
                    Sequence = 0,
                    Time = update.Time,
                    Stage = update.Stage,
                    Step = update.Step,
                    Steps = update.Steps,
                    Losses = update.Losses,
                    Terms = update.Terms,
                    Epoch = epoch,
                    StepSeconds = update.StepSeconds,
                    Message = update.Message,
                    Preview = update.Preview,
                    IsWarning = update.IsWarning,
                    Metrics = update.Metrics,
                }
            );
        }

        await StoreLogAsync();
    }

    public async Task BeginPublish(long epoch)
    {
        RequireEpoch(epoch);
        if (_state.CancelRequested)
        {
            throw new StaleEpochException(Id, epoch, _state.Epoch);
        }
        if (_state.State != JobState.Publishing)
        {
            await MoveAsync(_state with { State = JobState.Publishing, PublishBegun = true });
        }
    }

    public async Task Complete(long epoch)
    {
        try
        {
            await CompleteAsync(epoch);
        }
        catch (Exception e) when (Fault.Of(e) == FaultKind.Machine)
        {
            // The machine of this silo can't (its disk is full, the store refuses it), another's may: the trainer calls until it is done.
            LogMoves(e, Id, epoch);
            LeaveSilo();
            throw;
        }
    }

    private async Task CompleteAsync(long epoch)
    {
        if (_state.State == JobState.Succeeded && epoch == _state.Published)
        {
            await FinishEffectsAsync();
            return;
        }

        if (_state.Published != epoch)
        {
            // The lease may have lapsed meanwhile: as long as no other epoch has begun, the work counts all the same.
            if (Asked is null || epoch != _state.Epoch || _state.State.IsFinal() || _state.CancelRequested)
            {
                throw new StaleEpochException(Id, epoch, _state.Epoch);
            }
            var manifest = await RequireManifestAsync(epoch);
            // The one moment at which a result becomes the job's: a write that only the holder of the newest ETag can make.
            await WriteAsync(_state with { Published = epoch, ManifestBytes = manifest, Manifest = ReferenceTo(manifest) });
        }

        await FinishPublicationAsync(epoch);
    }

    public Task Fail(long epoch, ErrorDetail error) =>
        GiveBackAsync(epoch, () => EndAsync(EpochOver(_state) with { State = JobState.Failed, Error = error.Bounded(), Finished = Now }));

    public Task Release(long epoch, bool requeue) =>
        GiveBackAsync(
            epoch,
            async () =>
            {
                if (requeue)
                {
                    instruments.OnResumed("drained", StepsToRepeat);
                    await QueueAsync(EpochOver(_state), "Its silo gave it back; waits for another slot.", front: true);
                }
                else
                {
                    await MoveAsync(
                        EpochOver(_state) with
                        {
                            State = JobState.Queued,
                            Parked = true,
                        },
                        Kind == JobKind.Generation
                            ? "Interrupted; begins again with the next process that resumes."
                            : "Interrupted; goes on from its last checkpoint with the next process that resumes."
                    );
                    await GrainFactory.GetGrain<ISchedulerGrain>(0).Remove(Id);
                }
            }
        );

    /// <summary>The trainer of an epoch works for it no more, and it has no result.</summary>
    private async Task GiveBackAsync(long epoch, Func<Task> giveBack)
    {
        if (Asked is null || epoch != _state.Epoch)
        {
            return;
        }
        if (_state.State.IsFinal())
        {
            await ReleaseEndedAsync();
        }
        else if (_state.Published is { } published)
        {
            await FinishPublicationAsync(published);
        }
        else if (_state.Lease is null)
        {
            return;
        }
        else if (_state.CancelRequested)
        {
            await SettleAsync();
        }
        else
        {
            await giveBack();
        }
    }

    private Task FailAsync(ImplantationState state, string message, string hint) =>
        EndAsync(state with { State = JobState.Failed, Finished = Now, Error = new ErrorDetail(ErrorCodes.Failed, message, null, hint).Bounded() });

    private async Task ReleaseEndedAsync()
    {
        if (_state.Lease is not null)
        {
            await WriteAsync(_state with { Lease = null });
        }
        await MendEffectsAsync();
    }

    /// <summary>Nobody publishes any more, and the job is to be cancelled: its state tells whether that came in time.</summary>
    private async Task SettleAsync()
    {
        if (!await CompleteFromManifestAsync())
        {
            await EndAsync(Cancelled(EpochOver(_state)));
        }
    }

    /// <summary>A crash after a result was taken and before the job ended, or a state of an earlier moment than its result.</summary>
    private async Task<bool> CompleteFromManifestAsync()
    {
        if (_state.Published is not { } epoch)
        {
            return await TakePublishedAsync();
        }
        await FinishPublicationAsync(epoch);
        return true;
    }

    private void RequireEpoch(long epoch)
    {
        if (Asked is null || epoch != _state.Epoch || _state.Lease is null || _state.State.IsFinal())
        {
            throw new StaleEpochException(Id, epoch, _state.Epoch);
        }
    }

    private ITrainingGrain Trainer(long epoch) => GrainFactory.GetGrain<ITrainingGrain>(string.Create(CultureInfo.InvariantCulture, $"{Id}/{epoch}"));
}
