using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>How leases are granted, renewed by their silos' signs of life, and lapse.</summary>
internal sealed partial class SchedulerModel
{
    /// <summary>A silo's slots, and a sign of life that renews its leases.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="slots">Its slots; empty takes it out. Lent slots that are not among them are lent no more.</param>
    /// <param name="now">The time.</param>
    /// <param name="withheld">Why it takes no jobs for now; null: it does.</param>
    public void Announce(string silo, ImmutableArray<SlotAnnouncement> slots, DateTimeOffset now, string? withheld = null)
    {
        if (slots.IsDefaultOrEmpty)
        {
            _silos.Remove(silo);
        }
        else
        {
            _silos[silo] = new Silo(slots, now, withheld);
        }
        for (var i = 0; i < _leases.Count; i++)
        {
            if (_leases[i].Lease.Silo == silo)
            {
                _leases[i] = _leases[i] with { Lease = _leases[i].Lease with { Expires = now + _leaseDuration } };
            }
        }

        RenewLent(silo, withheld is null ? slots : [], now);
    }

    /// <summary>Takes out a silo that wants to leave, unless one of its slots is in use or a job that waits could have it.</summary>
    /// <param name="silo">The silo.</param>
    /// <returns>Whether it is out.</returns>
    public bool Retire(string silo)
    {
        if (_leases.Exists(record => record.Lease.Silo == silo) || _lent.Exists(lease => lease.Silo == silo))
        {
            return false;
        }
        var own = OfferedSlots().Where(slot => slot.Silo == silo).ToList();
        if (_queue.Needs.Keys.Any(need => own.Exists(slot => Fits(need, slot))))
        {
            return false;
        }
        _silos.Remove(silo);
        return true;
    }

    /// <summary>Forgets silent silos, lapsed leases, and what nobody has confirmed for long.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The leases that lapsed.</returns>
    public ImmutableArray<SlotLease> Expire(DateTimeOffset now)
    {
        _profiles.Fade(now);
        foreach (var silent in _silos.Where(silo => silo.Value.Seen + _leaseDuration <= now).Select(silo => silo.Key).ToList())
        {
            _silos.Remove(silent);
        }
        _lent.RemoveAll(lease => lease.Expires <= now);
        return Release(record => record.Lease.Expires <= now);
    }

    /// <summary>Gives free slots to waiting jobs, and takes lent ones back for those that are left.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The new leases, whose epoch is not yet set, each with its queue entry.</returns>
    public ImmutableArray<LeaseRecord> Grant(DateTimeOffset now)
    {
        if (Drain is not null)
        {
            return [];
        }
        var granted = ImmutableArray.CreateBuilder<LeaseRecord>();
        while (_queue.Count > 0)
        {
            var free = FreeSlots().Where(slot => !_troubles.Has(slot.Silo, now)).ToList();
            // A silo that has not announced itself can't start a job.
            var lent = _lent.Where(lease => Offered(lease) is not null).Select(lease => (lease.Silo, Slot: Offered(lease)!)).ToList();
            if (
                _queue.Next(need => free.Exists(slot => Fits(need, slot)) || lent.Exists(slot => Fits(need, slot))) is not { } entry
                || (Choose(free, entry) ?? TakeBack(SlotNeed.Of(entry))) is not var (silo, number)
            )
            {
                break;
            }
            var record = new LeaseRecord(new SlotLease(silo, number, entry.JobId, 0, now + _leaseDuration), entry);
            Unqueue(entry.JobId);
            _leases.Add(record);
            _queue.AddRunning(entry.Owner, 1);
            _queue.SetServed(entry.Owner, ++_grants);
            granted.Add(record);
        }

        ForgetOwners();
        return granted.ToImmutable();
    }
}
