using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Queue, leases and slots, and the rule for who is next. Plain and synchronous; the grain around it stores and calls.</summary>
internal sealed partial class SchedulerModel
{
    // Owners remembered for fairness after their last job: enough to be fair, few enough to stay small.
    private const int MaxRememberedOwners = 1000;

    private readonly TimeSpan _leaseDuration;
    private readonly SortedDictionary<string, Silo> _silos = new(StringComparer.Ordinal);
    private readonly FairQueue _queue;
    private readonly List<LeaseRecord> _leases;
    private readonly SiloTroubles _troubles = new();
    private readonly MemoryProfiles _profiles;
    private long _grants;
    private long _arrivals;

    /// <summary>Goes on from a stored state. All leases get a full term: their silos could not renew them meanwhile.</summary>
    /// <param name="state">The state.</param>
    /// <param name="leaseDuration">How long a silent silo keeps its leases.</param>
    /// <param name="now">The time.</param>
    /// <param name="waiting">The queue's rows, where they are stored apart from the state.</param>
    public SchedulerModel(SchedulerState state, TimeSpan leaseDuration, DateTimeOffset now, IEnumerable<QueueRow>? waiting = null)
    {
        _leaseDuration = leaseDuration;
        _leases = [.. state.Leases.Select(record => record with { Lease = record.Lease with { Expires = now + leaseDuration } })];
        _profiles = new MemoryProfiles(state.Profiles, now);
        _grants = state.Grants;
        _lent = state.Lent.IsDefault ? [] : [.. state.Lent.Select(lease => lease with { Expires = now + leaseDuration })];
        _queue = new FairQueue(
            _leases.CountBy(record => record.Entry.Owner, StringComparer.Ordinal),
            state.Served.Select(served => KeyValuePair.Create(served.Owner, served.Grant))
        );
        foreach (var row in (waiting ?? []).OrderBy(row => row.Arrival))
        {
            // A crash while a job moved may have left it in both places: the lease counts.
            if (!IsLeased(row.Entry.JobId) && _queue.Find(row.Entry.JobId) is null)
            {
                _queue.Add(row);
            }
            _arrivals = Math.Max(_arrivals, row.Arrival);
        }

        foreach (var entry in state.Queue)
        {
            Enqueue(entry);
        }
    }

    /// <summary>Called with each job that begins to wait.</summary>
    public Action<QueueRow>? Entered { get; set; }

    /// <summary>Called with each job that waits no more.</summary>
    public Action<string>? Left { get; set; }

    /// <summary>That the cluster is drained, so that nobody gets a slot; null: it is not.</summary>
    public DrainMark? Drain { get; set; }

    /// <summary>The waiting jobs.</summary>
    public FairQueue Waiting => _queue;

    /// <summary>Number of waiting jobs.</summary>
    public int Queued => _queue.Count;

    /// <summary>Number of leases.</summary>
    public int Leased => _leases.Count;

    /// <summary>Number of announced slots that are neither leased nor lent.</summary>
    public int Free => FreeSlots().Count();

    /// <summary>Number of slots that take jobs.</summary>
    public int SlotCount => OfferedSlots().Count();

    /// <summary>Number of silos that offer slots, those that take no jobs for now included.</summary>
    public int Offering => _silos.Count;

    /// <summary>The silos that hold leases.</summary>
    public IReadOnlyList<string> LeasedSilos =>
        [.. _leases.Select(record => record.Lease).Concat(_lent).Select(lease => lease.Silo).Distinct(StringComparer.Ordinal)];

    /// <summary>Leases that no job has answered to yet.</summary>
    public ImmutableArray<SlotLease> Unanswered => [.. _leases.Where(record => record.Lease.Epoch == 0).Select(record => record.Lease)];

    /// <summary>What to store.</summary>
    /// <param name="withQueue">Whether the queue is part of it; else its rows are stored apart.</param>
    /// <returns>The state.</returns>
    public SchedulerState ToState(bool withQueue = true) =>
        new()
        {
            Queue = withQueue ? [.. _queue.Arrivals.Select(row => row.Entry)] : [],
            Leases = [.. _leases],
            Served = [.. _queue.Served.Select(served => new ServedOwner(served.Key, served.Value))],
            Grants = _grants,
            Lent = [.. _lent],
            Profiles = _profiles.ToState(),
        };

    /// <summary>Queues a job unless it waits or runs already. A lease of an epoch that is over ends, since its job may not have been able to say so.</summary>
    /// <param name="entry">The job.</param>
    /// <param name="now">The time; left out: a job that has had a slot counts as waiting since its submission.</param>
    /// <returns>Whether anything changed.</returns>
    public bool Enqueue(QueueEntry entry, DateTimeOffset? now = null)
    {
        var ended = RemoveLeases(record => record.Entry.JobId == entry.JobId && record.Lease.Epoch > 0 && record.Lease.Epoch <= entry.Over) > 0;
        if (ended)
        {
            DropLent();
        }
        // One that has not answered yet to its lease: its answer will tell whether that is what is over.
        if (_leases.FindIndex(record => record.Entry.JobId == entry.JobId) is >= 0 and var index)
        {
            if (_leases[index].Entry.Over >= entry.Over)
            {
                return false;
            }
            _leases[index] = _leases[index] with { Entry = entry };
            return true;
        }

        if (_queue.Find(entry.JobId) is not null)
        {
            return ended;
        }
        // A job that could not start goes back to its place, and has waited all the time.
        var row = new QueueRow(entry, ++_arrivals) { Since = entry.Over > 0 ? now : null };
        _queue.Add(row);
        Entered?.Invoke(row);
        return true;
    }

    /// <summary>Takes a job off the queue and frees its lease.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Whether anything changed.</returns>
    public bool Remove(string jobId)
    {
        var waited = Unqueue(jobId);
        var removed = RemoveLeases(record => record.Entry.JobId == jobId);
        return waited || removed + DropLent() > 0;
    }

    /// <summary>Whether all that is known of a job is of epochs up to one.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>False if it waits for a later one, or works for it.</returns>
    public bool IsOver(string jobId, long epoch) =>
        (_queue.Find(jobId)?.Over ?? 0) <= epoch
        && _leases.TrueForAll(record => record.Entry.JobId != jobId || Math.Max(record.Entry.Over, record.Lease.Epoch) <= epoch);

    /// <summary>A job tells how much memory it took, while it still holds its lease. Its like need as much from now on, also those that wait already.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="peakBytes">The most that it took. Counted up to what its slot offers: there it has run, whatever else the process held.</param>
    /// <param name="now">The time.</param>
    /// <returns>Whether anything changed.</returns>
    public bool RecordMemory(string jobId, long peakBytes, DateTimeOffset now) =>
        _leases.Find(record => record.Entry.JobId == jobId) is { Entry.Profile: { } profile } own
        && Offered(own.Lease) is { } slot
        && _profiles.RecordMemory(profile, DeviceKind.Of(slot), Math.Min(MemoryProfiles.RoundUp(peakBytes), slot.MemoryBytes), now);

    /// <summary>Forgets a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <returns>The leases of jobs that it held.</returns>
    public ImmutableArray<SlotLease> SiloLost(string silo)
    {
        _silos.Remove(silo);
        _troubles.Forget(silo);
        _lent.RemoveAll(lease => lease.Silo == silo);
        return Release(record => record.Lease.Silo == silo);
    }

    /// <summary>The job runs with the lease, or did.</summary>
    /// <param name="lease">The lease with its epoch.</param>
    /// <returns>Whether anything changed; false: the lease no longer stands.</returns>
    public bool Started(SlotLease lease)
    {
        var index = Find(lease);
        if (index < 0)
        {
            return false;
        }
        _troubles.Forget(lease.Silo);
        // The job has given this epoch back already, before its answer came.
        if (_leases[index].Entry.Over >= lease.Epoch)
        {
            return TakeOff(lease) is { } entry && Enqueue(entry);
        }
        _leases[index] = _leases[index] with { Lease = _leases[index].Lease with { Epoch = lease.Epoch } };
        DropLent();
        return true;
    }

    /// <summary>The job does not want the lease.</summary>
    /// <param name="lease">The lease.</param>
    /// <returns>Whether anything changed.</returns>
    public bool NotWanted(SlotLease lease) => TakeOff(lease) is not null;

    /// <summary>The job could not start: it goes back to its place in the queue.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="failed">When the silo could not use the slot: it is left alone for a while. Null: the silo had no part in it.</param>
    /// <returns>Whether anything changed.</returns>
    public bool NotStarted(SlotLease lease, DateTimeOffset? failed)
    {
        if (TakeOff(lease) is not { } entry)
        {
            return false;
        }
        if (failed is { } now)
        {
            _troubles.Failed(lease.Silo, now);
        }
        Enqueue(entry);
        return true;
    }

    private QueueEntry? TakeOff(SlotLease lease)
    {
        var index = Find(lease);
        if (index < 0)
        {
            return null;
        }
        var entry = _leases[index].Entry;
        RemoveLeases(record => record.Entry.JobId == entry.JobId);
        DropLent();
        return entry;
    }

    /// <summary>Queue in the order of starting, were there slots for all, leases, slots.</summary>
    /// <param name="settled">Whether silos have had the time to announce themselves.</param>
    /// <returns>A snapshot.</returns>
    public SchedulerSnapshot Snapshot(bool settled = true)
    {
        var (waiting, grants) = (_queue.Copy(), _grants);
        var order = ImmutableArray.CreateBuilder<QueueEntry>(waiting.Count);
        var known = new Dictionary<SlotNeed, (long Bytes, string? Why)>();
        while (waiting.Next(_ => true) is { } entry)
        {
            order.Add(Explained(entry));
            waiting.Remove(entry.JobId);
            waiting.AddRunning(entry.Owner, 1);
            waiting.SetServed(entry.Owner, ++grants);
        }

        return new SchedulerSnapshot(
            order.ToImmutable(),
            [.. _leases.Select(record => record.Lease)],
            _silos.ToImmutableDictionary(silo => silo.Key, silo => silo.Value.Slots, StringComparer.Ordinal),
            [.. _lent]
        )
        {
            Withheld = _silos
                .Where(silo => silo.Value.Withheld is not null)
                .ToImmutableDictionary(silo => silo.Key, silo => silo.Value.Withheld!, StringComparer.Ordinal),
        };

        QueueEntry Explained(QueueEntry entry)
        {
            var need = SlotNeed.Of(entry);
            if (!known.TryGetValue(need, out var about))
            {
                known.Add(
                    need,
                    about = (LeastBytes(need), ReasonOf(need, settled) is var reason && reason == WaitReason.Busy ? null : Describe(entry, reason))
                );
            }
            return entry with { RequiredBytes = about.Bytes, Waiting = about.Why };
        }
    }

    private IEnumerable<(string Silo, SlotAnnouncement Slot)> FreeSlots()
    {
        var taken = _leases.Select(record => record.Lease).Concat(_lent).Select(lease => (lease.Silo, lease.Slot)).ToHashSet();
        return OfferedSlots().Where(slot => taken.Add((slot.Silo, slot.Slot.Slot)));
    }

    /// <summary>The first free slot that fits: a GPU before a processor, and if possible of a silo that has mapped the job's model.</summary>
    private (string Silo, int Slot)? Choose(List<(string Silo, SlotAnnouncement Slot)> free, QueueEntry entry)
    {
        var need = SlotNeed.Of(entry);
        var fitting = free.FindAll(slot => Fits(need, slot));
        if (fitting.Count == 0)
        {
            return null;
        }
        var (silo, chosen) = fitting
            .OrderByDescending(slot => DeviceKind.Of(slot.Slot) != DeviceKind.Cpu)
            .ThenByDescending(slot => entry.Model is { } model && !slot.Slot.Models.IsDefault && slot.Slot.Models.Contains(model))
            .First();
        return (silo, chosen.Slot);
    }

    /// <summary>
    /// Whether a job may take a slot: it has what the job needs, as far as is known, and its machine has not failed the job, or no other one would do.
    /// </summary>
    private bool Fits(SlotNeed need, (string Silo, SlotAnnouncement Slot) slot) =>
        Suits(need, slot.Slot) && (!need.Avoids(slot.Silo) || !OfferedSlots().Any(other => !need.Avoids(other.Silo) && Suits(need, other.Slot)));

    /// <summary>Whether a slot has what a job needs, as far as is known.</summary>
    private bool Suits(SlotNeed need, SlotAnnouncement slot) => need.HasDevice(slot) && slot.MemoryBytes >= BytesOn(need, DeviceKind.Of(slot));

    /// <summary>Memory that a job needs on a kind of device; 0: not known.</summary>
    private long BytesOn(SlotNeed need, string device) => Math.Max(need.Bytes, _profiles.RequiredBytes(need.Profile, device));

    /// <summary>The slot of a lease, if its silo has announced it, whether it takes jobs or not.</summary>
    private SlotAnnouncement? Offered(SlotLease lease) =>
        _silos.TryGetValue(lease.Silo, out var silo) ? silo.Slots.FirstOrDefault(slot => slot.Slot == lease.Slot) : null;

    /// <summary>Whether a job waits or has a lease.</summary>
    /// <param name="jobId">The job.</param>
    public bool Has(string jobId) => _queue.Find(jobId) is not null || IsLeased(jobId);

    private bool IsLeased(string jobId) => _leases.Exists(record => record.Entry.JobId == jobId);

    private bool Unqueue(string jobId)
    {
        if (_queue.Remove(jobId) is null)
        {
            return false;
        }
        Left?.Invoke(jobId);
        return true;
    }

    private int RemoveLeases(Predicate<LeaseRecord> which)
    {
        var removed = _leases.FindAll(which);
        foreach (var record in removed)
        {
            _leases.Remove(record);
            _queue.AddRunning(record.Entry.Owner, -1);
        }

        return removed.Count;
    }

    private int Find(SlotLease lease) =>
        _leases.FindIndex(record => record.Lease.JobId == lease.JobId && record.Lease.Silo == lease.Silo && record.Lease.Slot == lease.Slot);

    private ImmutableArray<SlotLease> Release(Predicate<LeaseRecord> which)
    {
        ImmutableArray<SlotLease> leases = [.. _leases.FindAll(which).Select(record => record.Lease)];
        RemoveLeases(which);
        DropLent();
        return leases;
    }

    private void ForgetOwners()
    {
        var served = _queue.Served;
        if (served.Count <= MaxRememberedOwners)
        {
            return;
        }
        foreach (var owner in served.OrderBy(owner => owner.Value).Take(served.Count - MaxRememberedOwners).Select(owner => owner.Key).ToList())
        {
            _queue.ForgetServed(owner);
        }
    }

    private sealed record Silo(ImmutableArray<SlotAnnouncement> Slots, DateTimeOffset Seen, string? Withheld);
}
