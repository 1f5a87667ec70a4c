using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Slots lent to running jobs whose steps fan out. A lent slot is spare: only what no waiting job would take is lent, and a job that comes to wait takes it
/// back. It ends with the lease of the job's present epoch.
/// </summary>
internal sealed partial class SchedulerModel
{
    private readonly List<SlotLease> _lent;

    /// <summary>Number of lent slots.</summary>
    public int Lent => _lent.Count;

    /// <summary>Lends free slots: first where the fewest slots work for the job already.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">Its epoch; without a lease of that epoch nothing is lent.</param>
    /// <param name="wanted">Most slots wanted.</param>
    /// <param name="except">Silos to leave out.</param>
    /// <param name="now">The time.</param>
    /// <param name="request">
    /// Number of the request, which each lease keeps: said again, it gets the leases that it got and that still stand. 0: it has none.
    /// </param>
    /// <returns>The lent slots.</returns>
    public ImmutableArray<SlotLease> Lend(string jobId, long epoch, int wanted, IReadOnlyCollection<string> except, DateTimeOffset now, long request = 0)
    {
        if (Drain is not null || epoch <= 0 || _leases.Find(record => record.Lease.JobId == jobId && record.Lease.Epoch == epoch) is not { } own)
        {
            return [];
        }
        if (request > 0 && _lent.FindAll(lease => lease.JobId == jobId && lease.Epoch == epoch && lease.Request == request) is { Count: > 0 } before)
        {
            return [.. before];
        }
        var lent = ImmutableArray.CreateBuilder<SlotLease>();
        // Whoever waits comes first; only a job that fits no free slot leaves them all.
        var free = FreeSlots().ToList();
        var spare = Math.Min(wanted, free.Count - _queue.Needs.Where(need => free.Exists(slot => Fits(need.Key, slot))).Sum(need => need.Value));
        while (lent.Count < spare)
        {
            var working = _lent
                .Where(lease => lease.JobId == jobId)
                .Append(own.Lease)
                .CountBy(lease => lease.Silo, StringComparer.Ordinal)
                .ToDictionary(StringComparer.Ordinal);
            if (
                FreeSlots()
                    .Where(slot => !except.Contains(slot.Silo) && IsAlike(own.Lease, slot.Slot))
                    .OrderBy(slot => working.GetValueOrDefault(slot.Silo))
                    .Select(slot => ((string, int)?)(slot.Silo, slot.Slot.Slot))
                    .FirstOrDefault()
                is not var (silo, slot)
            )
            {
                break;
            }
            var lease = new SlotLease(silo, slot, jobId, epoch, now + _leaseDuration, request);
            _lent.Add(lease);
            lent.Add(lease);
        }

        return lent.ToImmutable();
    }

    /// <summary>A job needs a lent slot no more.</summary>
    /// <param name="lease">What was lent.</param>
    /// <returns>Whether it was still lent.</returns>
    public bool GiveBack(SlotLease lease) =>
        _lent.RemoveAll(other => other.JobId == lease.JobId && other.Epoch == lease.Epoch && other.Silo == lease.Silo && other.Slot == lease.Slot) > 0;

    /// <summary>Takes a slot that fits from the job that has borrowed the most: the one that it got last.</summary>
    private (string Silo, int Slot)? TakeBack(SlotNeed need)
    {
        var borrowed = _lent.CountBy(lease => lease.JobId, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        if (
            _lent
                .Where(lease => Offered(lease) is { } slot && Fits(need, (lease.Silo, slot)))
                .Reverse()
                .OrderByDescending(lease => borrowed[lease.JobId])
                .FirstOrDefault()
            is not { } taken
        )
        {
            return null;
        }
        _lent.Remove(taken);
        return (taken.Silo, taken.Slot);
    }

    /// <summary>Whether a slot's device is of the kind of a job's own: another kind rounds otherwise, and the result would depend on who helped.</summary>
    private bool IsAlike(SlotLease own, SlotAnnouncement slot) => Offered(own) is not { } offered || DeviceKind.Of(offered) == DeviceKind.Of(slot);

    private void RenewLent(string silo, ImmutableArray<SlotAnnouncement> slots, DateTimeOffset now)
    {
        _lent.RemoveAll(lease => lease.Silo == silo && (slots.IsDefaultOrEmpty || !slots.Any(slot => slot.Slot == lease.Slot)));
        for (var i = 0; i < _lent.Count; i++)
        {
            if (_lent[i].Silo == silo)
            {
                _lent[i] = _lent[i] with { Expires = now + _leaseDuration };
            }
        }
    }

    /// <summary>Ends what was lent to jobs, or epochs, that hold no lease any more.</summary>
    private int DropLent() => _lent.RemoveAll(lease => !_leases.Exists(record => record.Lease.JobId == lease.JobId && record.Lease.Epoch == lease.Epoch));
}
