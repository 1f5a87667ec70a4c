using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>How slots are borrowed, opened, given up and given back, beside the steps.</summary>
internal sealed partial class StepCoordinator
{
    private readonly List<BorrowedSlot> _slots = [];
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
        List<BorrowedSlot> left;
        lock (_lock)
        {
            (_wanted, _askAgain) = (0, false);
            left = [.. _slots];
            _slots.Clear();
            Changed();
        }

        foreach (var slot in left)
        {
            Begin(() => ReleaseAsync(slot, "the job needs it no more", replace: false));
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
    /// <param name="slot">The slot.</param>
    /// <returns>Whether it is.</returns>
    public bool Has(BorrowedSlot slot)
    {
        lock (_lock)
        {
            return _slots.Contains(slot);
        }
    }

    /// <summary>Gives a slot up that failed, and asks for another one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="error">How it failed.</param>
    public void Drop(BorrowedSlot slot, Exception error)
    {
        // A slot that was taken back or whose silo stops says so; its silo has done nothing wrong.
        var takenBack = error is OneShotException { Detail.Code: ErrorCodes.Unavailable };
        Drop(slot, error.Message, forGood: !takenBack);
    }

    /// <summary>Gives a slot up, and asks for another one.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="why">Why.</param>
    /// <param name="forGood">Whether its silo is left out from now on.</param>
    public void Drop(BorrowedSlot slot, string why, bool forGood)
    {
        lock (_lock)
        {
            if (!_slots.Remove(slot))
            {
                return;
            }
            _figures = _figures with { WorkersDropped = _figures.WorkersDropped + 1 };
            if (forGood)
            {
                _except[slot.Lease.Silo] = long.MaxValue;
            }
            // A slot that never opened may be refused by a silo that can't evaluate terms at all: not at once again.
            else if (!slot.Ready)
            {
                _except[slot.Lease.Silo] = Clock.GetTimestamp() + (long)(_options.FanOutRetryPeriod.TotalSeconds * Clock.TimestampFrequency);
            }
            _unsettled++;
            Changed();
        }

        Begin(() => ReleaseAsync(slot, why, replace: true));
    }

    /// <summary>A slot failed for the first time.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="why">How.</param>
    /// <param name="step">When.</param>
    public void Warn(BorrowedSlot slot, string why, int step) => LogStrike(_own.JobId, _own.Epoch, slot.Lease.Slot, slot.Lease.Silo, why, step);

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private List<BorrowedSlot> ReadySlots()
    {
        lock (_lock)
        {
            return _slots.FindAll(slot => slot.Ready);
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
            var ready = _slots.Count(slot => slot.Ready);
            return (ready, !_asking && _unsettled == 0 && ready == _slots.Count, _change.Task);
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
        foreach (var slot in ReadySlots())
        {
            Begin(() => BeatAsync(slot));
        }
    }

    private async Task BeatAsync(BorrowedSlot slot)
    {
        try
        {
            await slot.Worker.EchoAsync(ReadOnlyMemory<byte>.Empty, 0);
        }
        catch (Exception e)
        {
            // The next step finds out, and acts on it.
            LogNotHeard(e, slot.Lease.Slot, slot.Lease.Silo);
        }
    }

    /// <summary>Now and then, as slots become free or silos come.</summary>
    private void BorrowWhatLacks(int useful)
    {
        lock (_lock)
        {
            _useful = useful;
            if (Math.Min(_wanted, _useful) <= _slots.Count || Clock.GetElapsedTime(_asked) < _options.FanOutRetryPeriod)
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
                missing = _disposed ? 0 : Math.Min(_wanted, _useful) - _slots.Count;
                except = [.. _except.Where(silo => silo.Value > _asked).Select(silo => silo.Key)];
            }

            if (missing > 0)
            {
                try
                {
                    var lent = await _lender.LendAsync(missing, except, _request);
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
            BorrowedSlot? slot = null;
            lock (_lock)
            {
                if (!_disposed && _slots.Count < _wanted)
                {
                    _slots.Add(slot = new BorrowedSlot(lease, _lender.Reach(lease, _number++)));
                }
            }

            if (slot is null)
            {
                Begin(() => GiveBackAsync(lease));
            }
            else
            {
                Begin(() => OpenAsync(slot));
            }
        }
    }

    private async Task OpenAsync(BorrowedSlot slot)
    {
        try
        {
            await slot.Worker.OpenAsync(_brief, slot.Gone);
            LogReady(_own.JobId, _own.Epoch, slot.Lease.Slot, slot.Lease.Silo);
            lock (_lock)
            {
                slot.Ready = true;
                Changed();
            }
        }
        catch (Exception e)
        {
            Drop(slot, e);
        }
    }

    private async Task ReleaseAsync(BorrowedSlot slot, string why, bool replace)
    {
        LogLeft(_own.JobId, _own.Epoch, slot.Lease.Slot, slot.Lease.Silo, why);
        Begin(() => CloseAsync(slot));
        await GiveBackAsync(slot.Lease);
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

    private async Task CloseAsync(BorrowedSlot slot)
    {
        try
        {
            await slot.LeaveAsync();
            await slot.Worker.CloseAsync();
        }
        catch (Exception e)
        {
            // It is gone, or ends by itself when nobody calls.
            LogNotClosed(e, slot.Lease.Slot, slot.Lease.Silo);
        }
        finally
        {
            slot.Dispose();
        }
    }

    private async Task GiveBackAsync(SlotLease lease)
    {
        try
        {
            await _lender.GiveBackAsync(lease);
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
