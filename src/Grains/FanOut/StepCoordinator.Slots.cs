using System.Collections.Immutable;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>How slots are borrowed, opened, given up and given back, beside the steps.</summary>
internal sealed partial class StepCoordinator
{
    private readonly List<LentWorker> _workers = [];
    private readonly HashSet<Task> _background = [];

    /// <summary>Silos that failed this job, and the timestamp until which they are left out.</summary>
    private readonly Dictionary<string, long> _except = new(StringComparer.Ordinal);

    private TaskCompletionSource _change = NewChange();
    private int _wanted;
    private int _useful = int.MaxValue;
    private int _number;
    private int _unsettled;
    private bool _asking;

    // The scheduler may have lent what an unanswered request asked for: the next one has the same number, and gets that first.
    private long _request = 1;
    private bool _askAgain;
    private long _asked;
    private bool _disposed;
    private ITimer? _heartbeat;

    /// <inheritdoc/>
    public void Dismiss()
    {
        List<LentWorker> left;
        lock (_lock)
        {
            (_wanted, _askAgain) = (0, false);
            left = [.. _workers];
            _workers.Clear();
            Changed();
        }

        foreach (var worker in left)
        {
            Begin(() => ReleaseAsync(worker, "the job needs it no more", replace: false));
        }
    }

    public async ValueTask DisposeAsync()
    {
        Dismiss();
        ITimer? heartbeat;
        lock (_lock)
        {
            (_disposed, heartbeat) = (true, _heartbeat);
        }
        if (heartbeat is not null)
        {
            await heartbeat.DisposeAsync();
        }
        var began = Clock.GetTimestamp();
        try
        {
            // What ends may begin something else: giving back, closing.
            while (Unfinished() is { Length: > 0 } tasks)
            {
                await Task.WhenAll(tasks).WaitAsync(TimeSpan.FromTicks(Math.Max(0, (s_farewell - Clock.GetElapsedTime(began)).Ticks)), Clock);
            }
        }
        catch (TimeoutException)
        {
            // A silo that does not answer finds out by itself; its slot ends with the job's own lease.
        }
    }

    /// <summary>Whether a slot is still borrowed.</summary>
    /// <param name="worker">The slot.</param>
    /// <returns>Whether it is.</returns>
    public bool Has(LentWorker worker)
    {
        lock (_lock)
        {
            return _workers.Contains(worker);
        }
    }

    /// <summary>Gives a slot up that failed, and asks for another one.</summary>
    /// <param name="worker">The slot.</param>
    /// <param name="error">How it failed.</param>
    public void Drop(LentWorker worker, Exception error)
    {
        // A slot that was taken back or whose silo stops says so; its silo has done nothing wrong.
        var takenBack = error is OneShotException { Detail.Code: ErrorCodes.Unavailable };
        Drop(worker, error.Message, forGood: !takenBack);
    }

    /// <summary>Gives a slot up, and asks for another one.</summary>
    /// <param name="worker">The slot.</param>
    /// <param name="why">Why.</param>
    /// <param name="forGood">Whether its silo is left out from now on.</param>
    public void Drop(LentWorker worker, string why, bool forGood)
    {
        lock (_lock)
        {
            if (!_workers.Remove(worker))
            {
                return;
            }
            _figures = _figures with { WorkersDropped = _figures.WorkersDropped + 1 };
            if (forGood)
            {
                _except[worker.Lease.Silo] = long.MaxValue;
            }
            // A slot that never opened may be refused by a silo that can't evaluate terms at all: not at once again.
            else if (!worker.Ready)
            {
                _except[worker.Lease.Silo] = Clock.GetTimestamp() + (long)(_options.FanOutRetryPeriod.TotalSeconds * Clock.TimestampFrequency);
            }
            _unsettled++;
            Changed();
        }

        Begin(() => ReleaseAsync(worker, why, replace: true));
    }

    /// <summary>A slot failed for the first time.</summary>
    /// <param name="worker">The slot.</param>
    /// <param name="why">How.</param>
    /// <param name="step">When.</param>
    public void Warn(LentWorker worker, string why, int step) => LogStrike(_own.JobId, _own.Epoch, worker.Lease.Slot, worker.Lease.Silo, why, step);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private List<LentWorker> ReadyWorkers()
    {
        lock (_lock)
        {
            return _workers.FindAll(worker => worker.Ready);
        }
    }

    /// <summary>Ends when nothing is under way: all slots that were lent are ready, all that were given up have been asked for again.</summary>
    internal async Task WhenSettledAsync()
    {
        while (Look() is (_, false, var change))
        {
            await change;
        }
    }

    private (int Ready, bool Settled, Task Change) Look()
    {
        lock (_lock)
        {
            var ready = _workers.Count(worker => worker.Ready);
            return (ready, !_asking && _unsettled == 0 && ready == _workers.Count, _change.Task);
        }
    }

    private void Want(int wanted)
    {
        lock (_lock)
        {
            (_wanted, _useful) = (wanted, int.MaxValue);
            // Three chances within the slots' patience: a step, or a pause between steps, may well be longer.
            _heartbeat ??= Clock.CreateTimer(_ => Beat(), null, _options.FanOutIdleTimeout / 3, _options.FanOutIdleTimeout / 3);
        }

        Ask();
    }

    private void Beat()
    {
        foreach (var worker in ReadyWorkers())
        {
            Begin(() => BeatAsync(worker));
        }
    }

    private async Task BeatAsync(LentWorker worker)
    {
        try
        {
            await worker.Slot.EchoAsync(ReadOnlyMemory<byte>.Empty, 0);
        }
        catch (Exception e)
        {
            // The next step finds out, and acts on it.
            LogNotHeard(e, worker.Lease.Slot, worker.Lease.Silo);
        }
    }

    /// <summary>Now and then, as slots become free or silos come.</summary>
    private void BorrowWhatLacks(int useful)
    {
        lock (_lock)
        {
            _useful = useful;
            if (Math.Min(_wanted, _useful) <= _workers.Count || Clock.GetElapsedTime(_asked) < _options.FanOutRetryPeriod)
            {
                return;
            }
        }

        Ask();
    }

    private void Ask()
    {
        lock (_lock)
        {
            if (_asking)
            {
                _askAgain = true;
                return;
            }

            _asking = true;
        }

        Begin(AskAsync);
    }

    /// <summary>One at a time: what is lacking is known only when the answer before has come.</summary>
    private async Task AskAsync()
    {
        while (true)
        {
            int missing;
            ImmutableArray<string> except;
            lock (_lock)
            {
                (_asked, _askAgain) = (Clock.GetTimestamp(), false);
                missing = _disposed ? 0 : Math.Min(_wanted, _useful) - _workers.Count;
                except = [.. _except.Where(silo => silo.Value > _asked).Select(silo => silo.Key)];
            }

            if (missing > 0)
            {
                try
                {
                    var lent = await _slots.LendAsync(missing, except, _request);
                    _request++;
                    Welcome(lent);
                }
                catch (Exception e)
                {
                    LogNotLent(e, _own.JobId, _own.Epoch);
                }
            }

            lock (_lock)
            {
                if (_askAgain)
                {
                    continue;
                }
                _asking = false;
                Changed();
                return;
            }
        }
    }

    private void Welcome(ImmutableArray<SlotLease> leases)
    {
        foreach (var lease in leases)
        {
            LentWorker? worker = null;
            lock (_lock)
            {
                if (!_disposed && _workers.Count < _wanted)
                {
                    _workers.Add(worker = new LentWorker(lease, _slots.Reach(lease, _number++)));
                }
            }

            if (worker is null)
            {
                Begin(() => GiveBackAsync(lease));
            }
            else
            {
                Begin(() => OpenAsync(worker));
            }
        }
    }

    private async Task OpenAsync(LentWorker worker)
    {
        try
        {
            await worker.Slot.OpenAsync(_terms, worker.Gone);
            LogReady(_own.JobId, _own.Epoch, worker.Lease.Slot, worker.Lease.Silo);
            lock (_lock)
            {
                worker.Ready = true;
                Changed();
            }
        }
        catch (Exception e)
        {
            Drop(worker, e);
        }
    }

    private async Task ReleaseAsync(LentWorker worker, string why, bool replace)
    {
        LogLeft(_own.JobId, _own.Epoch, worker.Lease.Slot, worker.Lease.Silo, why);
        Begin(() => CloseAsync(worker));
        await GiveBackAsync(worker.Lease);
        if (!replace)
        {
            return;
        }
        Ask();
        lock (_lock)
        {
            _unsettled--;
            Changed();
        }
    }

    private async Task CloseAsync(LentWorker worker)
    {
        try
        {
            await worker.LeaveAsync();
            await worker.Slot.CloseAsync();
        }
        catch (Exception e)
        {
            // It is gone, or ends by itself when nobody calls.
            LogNotClosed(e, worker.Lease.Slot, worker.Lease.Silo);
        }
        finally
        {
            worker.Dispose();
        }
    }

    private async Task GiveBackAsync(SlotLease lease)
    {
        try
        {
            await _slots.GiveBackAsync(lease);
        }
        catch (Exception e)
        {
            // It ends with the job's own lease.
            LogNotGivenBack(e, lease.Slot, lease.Silo);
        }
    }

    /// <summary>Runs beside the engine's thread; the task handles its own errors.</summary>
    private void Begin(Func<Task> work)
    {
        var task = Task.Run(work);
        lock (_lock)
        {
            _background.Add(task);
        }
        task.ContinueWith(ended => Forget(ended), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private Task[] Unfinished()
    {
        lock (_lock)
        {
            return [.. _background.Where(task => !task.IsCompleted)];
        }
    }

    private void Forget(Task task)
    {
        lock (_lock)
        {
            _background.Remove(task);
        }
    }

    /// <summary>Wakes who waits for slots; the lock is held.</summary>
    private void Changed()
    {
        var change = _change;
        _change = NewChange();
        change.TrySetResult();
    }
}
