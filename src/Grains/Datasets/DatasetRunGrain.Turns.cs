using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Documents.Datasets;

namespace OrleansOneShot.Grains.Datasets;

/// <summary>
/// What drives a run: one turn at a time, begun by whatever happens to it, and by a timer as long as it has not come to rest. A turn looks at what is there and
/// does what follows from it, so it does not matter what began it, or whether an earlier one was broken off.
/// </summary>
internal sealed partial class DatasetRunGrain
{
    private IGrainTimer? _timer;
    private bool _turning;
    private bool _again;
    private string? _blocked;
    private bool _full;
    private int _slots;
    private long? _slotsAsked;

    public async Task<bool> EnsureRunning()
    {
        if (_row.Request is null)
        {
            return false;
        }

        // Ends may have got lost, with whoever was to tell them: each job is asked again.
        _atWork.Clear();
        if (_row.State.IsAtRest() && _book.Waiting == 0)
        {
            await FlushAsync();
            await ListAsync();
            return false;
        }

        Wake();
        return !_row.State.IsAtRest();
    }

    /// <summary>Begins a turn, or has the present one followed by another.</summary>
    private void Wake()
    {
        if (_row.Request is null)
        {
            return;
        }
        if (!_row.State.IsAtRest())
        {
            KeepAwake(options.Value.SchedulerPeriod);
        }

        _again = true;
        if (!_turning)
        {
            _turning = true;
            TurnsAsync().Ignore();
        }
    }

    /// <summary>Has turns come by themselves, and the activation stay: the run's jobs are told to it, and nobody else may ask for hours.</summary>
    private void KeepAwake(TimeSpan first) =>
        _timer ??= this.RegisterGrainTimer(
            () =>
            {
                Wake();
                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(first, options.Value.SchedulerPeriod) { Interleave = true, KeepAlive = true }
        );

    private async Task TurnsAsync()
    {
        try
        {
            while (_again)
            {
                _again = false;
                await TurnAsync();
            }
        }
        catch (Exception e)
        {
            // The timer, the next end, or the next activation goes on.
            LogTurnFailed(e, Id);
        }
        finally
        {
            _turning = false;
        }
    }

    private async Task TurnAsync()
    {
        _blocked = null;
        switch (_row.State)
        {
            case DatasetRunState.Cancelling:
                await StopAllAsync();
                break;
            case DatasetRunState.Running:
                await GoOnAsync();
                break;
            case DatasetRunState.Finished when _book.Waiting > 0:
                // A crash within a retry, between the items and the run.
                SetRow(_row with { State = DatasetRunState.Running, Finished = null });
                _again = true;
                break;
        }

        await FlushAsync();
        if (_row.Request is not null && _row.State.IsAtRest())
        {
            _timer?.Dispose();
            _timer = null;
            await ListAsync();
        }
    }

    private async Task GoOnAsync()
    {
        var most = await CountAtOnceAsync();
        if (_row.State != DatasetRunState.Running)
        {
            _again = true;
            return;
        }
        // A queue that was full is tried with one item.
        Grant(_full ? Math.Min(most, _book.Running + 1) : most);
        _full = false;
        await FlushAsync();
        // One after another: the queue goes by age.
        foreach (var line in _book.RunningLines.Where(line => !_atWork.Contains(line.Number)))
        {
            await EnsureAtWorkAsync(line);
        }

        if (_row.State == DatasetRunState.Running && _book.Added == _row.Request!.Items && _book.Waiting + _book.Running == 0)
        {
            ComeToRest(DatasetRunState.Finished);
        }
        else if (_blocked is null && _book.Running < most && _book.Waiting > 0)
        {
            // Some have ended at once.
            _again = true;
        }
    }

    private async Task StopAllAsync()
    {
        foreach (var some in _book.RunningLines.Chunk(CallsAtOnce))
        {
            await Task.WhenAll(some.Select(StopAsync));
        }

        if (_row.State == DatasetRunState.Cancelling && _book.Running == 0)
        {
            ComeToRest(DatasetRunState.Cancelled);
        }
    }

    private void ComeToRest(DatasetRunState state)
    {
        _wantedAgain.Clear();
        SetRow(_row with { State = state, Finished = Now });
        var counts = _book.Counts;
        LogAtRest(Id, state, counts.Succeeded, counts.Failed, counts.Cancelled);
    }

    /// <summary>Most jobs at once: what was asked for, else one for each slot, and one that waits for the next.</summary>
    private async Task<int> CountAtOnceAsync()
    {
        if (_row.Request!.Parallel is { } parallel)
        {
            return parallel;
        }

        var clock = options.Value.Clock;
        if (_slotsAsked is not { } asked || clock.GetElapsedTime(asked) >= options.Value.SchedulerPeriod)
        {
            _slots = await GrainFactory.GetGrain<ISchedulerGrain>(0).CountSlots();
            _slotsAsked = clock.GetTimestamp();
        }

        return Math.Min(_slots + 1, DatasetRules.MostParallel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Dataset run {RunId} could not go on; it is tried again")]
    private partial void LogTurnFailed(Exception error, string runId);
}
