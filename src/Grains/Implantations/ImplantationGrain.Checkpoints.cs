using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// Which checkpoints a job resumes from: the newest, and the one before it for when that one turns out to be damaged. Where they lie follows from the job, the
/// epoch and the step; no caller's path is ever read, written or deleted.
/// </summary>
internal sealed partial class ImplantationGrain
{
    public async Task CommitCheckpoint(long epoch, CheckpointReference checkpoint, SettledRun? settled)
    {
        var (old, third) = (_state.Checkpoint, _state.Previous);
        // Said again, since the answer was lost: its trainer would delete the file if it heard that it came too late.
        if (checkpoint is not null && (checkpoint == old || checkpoint == third))
        {
            return;
        }
        RequireEpoch(epoch);
        RequireOwn(epoch, checkpoint, settled);
        // Late: the file of an earlier step is gone.
        if (old is not null && old.Epoch == epoch && checkpoint.Step < old.Step)
        {
            return;
        }
        RequireNext(old, checkpoint);
        var advanced = checkpoint.Step > Math.Max(_state.Reached, old?.Step ?? 0);
        await WriteAsync(
            _state with
            {
                Checkpoint = checkpoint,
                Previous = old,
                Settled = _state.Settled?.Completed(settled) ?? settled,
                Reached = Math.Max(_state.Reached, checkpoint.Step),
                Step = checkpoint.Step,
                Steps = _steps,
                Deaths = advanced ? 0 : _state.Deaths,
                Outages = advanced ? 0 : _state.Outages,
                OutageTime = advanced ? TimeSpan.Zero : _state.OutageTime,
                Faults = advanced ? [] : _state.Faults,
                History = advanced ? [] : _state.History,
            }
        );
        if (third is not null)
        {
            await DeleteCheckpointAsync(third);
        }
    }

    public async Task DropCheckpoint(long epoch, CheckpointReference checkpoint)
    {
        RequireEpoch(epoch);
        if (checkpoint is null || (checkpoint != _state.Checkpoint && checkpoint != _state.Previous))
        {
            return;
        }
        var left = checkpoint == _state.Checkpoint ? _state.Previous : _state.Checkpoint;
        LogDropped(Id, epoch, checkpoint.Step, checkpoint.Epoch);
        await WriteAsync(_state with { Checkpoint = left, Previous = null, Reached = Math.Max(_state.Reached, checkpoint.Step), Step = left?.Step ?? 0 });
        _step = _state.Step;
        await DeleteCheckpointAsync(checkpoint);
    }

    private Task DeleteCheckpointAsync(CheckpointReference checkpoint) => DeleteFileAsync(StorePaths.Checkpoint(Id, checkpoint.Epoch, checkpoint.Step));

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Job {JobId}, epoch {Epoch}: the checkpoint of step {Step}, epoch {Writer}, can't be used and is dropped"
    )]
    private partial void LogDropped(string jobId, long epoch, int step, long writer);
}
