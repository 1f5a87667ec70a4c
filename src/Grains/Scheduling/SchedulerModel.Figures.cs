using OrleansOneShot.Grains.Diagnostics;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What metrics tell.</summary>
internal sealed partial class SchedulerModel
{
    // The job that has waited longest is looked for among all, but not at every change of a long queue.
    private const int OldestEvery = 64;

    private DateTimeOffset? _oldest;
    private int _sinceOldest;

    /// <summary>Counts.</summary>
    /// <param name="settled">Whether silos have had the time to announce themselves: before, nothing is said of jobs that find no slot.</param>
    /// <returns>The numbers of now; of a long queue the age may be that of a few changes ago.</returns>
    public SchedulerFigures Measure(bool settled = true)
    {
        var free = FreeSlots().ToList();
        var (startable, unfit) = (0, new Dictionary<WaitReason, int>());
        foreach (var (need, count) in _queue.Needs)
        {
            var reason = ReasonOf(need, settled);
            unfit[reason] = unfit.GetValueOrDefault(reason) + count;
            if (Drain is null && free.Exists(slot => Fits(need, slot)))
            {
                startable += count;
            }
        }

        var taken = _leases.Select(record => record.Lease).Concat(_lent).Select(lease => (lease.Silo, lease.Slot)).ToHashSet();
        return new SchedulerFigures
        {
            Queued = _queue.Count,
            Drained = Drain is not null,
            Oldest = FindOldest(),
            NoneFits = unfit.GetValueOrDefault(WaitReason.NoneFits),
            OnlyWithheld = unfit.GetValueOrDefault(WaitReason.Withheld),
            NoSlots = unfit.GetValueOrDefault(WaitReason.NoSlots),
            Startable = startable,
            Free = free.Count,
            Leased = _leases.Count,
            Lent = _lent.Count,
            Withheld = _silos
                .Where(silo => silo.Value.Withheld is not null)
                .Sum(silo => silo.Value.Slots.Count(slot => !taken.Contains((silo.Key, slot.Slot)))),
        };
    }

    private DateTimeOffset? FindOldest()
    {
        if (_queue.Count == 0)
        {
            (_oldest, _sinceOldest) = (null, 0);
        }
        else if (_oldest is null || _queue.Count <= OldestEvery || ++_sinceOldest >= OldestEvery)
        {
            (_oldest, _sinceOldest) = (_queue.Arrivals.Min(row => row.Since ?? row.Entry.Enqueued), 0);
        }

        return _oldest;
    }
}
