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
    private readonly List<QueueEntry> _queue;
    private readonly List<LeaseRecord> _leases;
    private readonly Dictionary<string, long> _served;
    private long _grants;

    /// <summary>Goes on from a stored state. All leases get a full term: their silos could not renew them meanwhile.</summary>
    /// <param name="state">The state.</param>
    /// <param name="leaseDuration">How long a silent silo keeps its leases.</param>
    /// <param name="now">The time.</param>
    public SchedulerModel(SchedulerState state, TimeSpan leaseDuration, DateTimeOffset now)
    {
        _leaseDuration = leaseDuration;
        _queue = [.. state.Queue];
        _leases = [.. state.Leases.Select(record => record with { Lease = record.Lease with { Expires = now + leaseDuration } })];
        _served = state.Served.ToDictionary(served => served.Owner, served => served.Grant, StringComparer.Ordinal);
        _grants = state.Grants;
        _lent = state.Lent.IsDefault ? [] : [.. state.Lent.Select(lease => lease with { Expires = now + leaseDuration })];
    }

    /// <summary>Number of waiting jobs.</summary>
    public int Queued => _queue.Count;

    /// <summary>Number of leases.</summary>
    public int Leased => _leases.Count;

    /// <summary>Number of announced slots that are neither leased nor lent.</summary>
    public int Free => FreeSlots().Count();

    /// <summary>Leases that no job has answered to yet.</summary>
    public ImmutableArray<SlotLease> Unanswered => [.. _leases.Where(record => record.Lease.Epoch == 0).Select(record => record.Lease)];

    /// <summary>What to store.</summary>
    /// <returns>The state.</returns>
    public SchedulerState ToState() => new()
    {
        Queue = [.. _queue],
        Leases = [.. _leases],
        Served = [.. _served.Select(served => new ServedOwner(served.Key, served.Value))],
        Grants = _grants,
        Lent = [.. _lent],
    };

    /// <summary>A silo's slots, and a sign of life that renews its leases.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="slots">Its slots; empty takes it out. Lent slots that are not among them are lent no more.</param>
    /// <param name="now">The time.</param>
    public void Announce(string silo, ImmutableArray<SlotAnnouncement> slots, DateTimeOffset now)
    {
        if (slots.IsDefaultOrEmpty)
            _silos.Remove(silo);
        else
            _silos[silo] = new Silo(slots, now);
        for (var i = 0; i < _leases.Count; i++)
        {
            if (_leases[i].Lease.Silo == silo)
                _leases[i] = _leases[i] with { Lease = _leases[i].Lease with { Expires = now + _leaseDuration } };
        }

        RenewLent(silo, slots, now);
    }

    /// <summary>Queues a job unless it waits or runs already.</summary>
    /// <param name="entry">The job.</param>
    /// <returns>Whether anything changed.</returns>
    public bool Enqueue(QueueEntry entry)
    {
        if (_queue.Exists(other => other.JobId == entry.JobId) || _leases.Exists(other => other.Entry.JobId == entry.JobId))
            return false;
        _queue.Add(entry);
        return true;
    }

    /// <summary>Takes a job off the queue and frees its lease.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Whether anything changed.</returns>
    public bool Remove(string jobId)
    {
        var removed = _queue.RemoveAll(entry => entry.JobId == jobId) + _leases.RemoveAll(record => record.Entry.JobId == jobId);
        return removed + DropLent() > 0;
    }

    /// <summary>Forgets a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <returns>The jobs whose leases it held.</returns>
    public ImmutableArray<string> SiloLost(string silo)
    {
        _silos.Remove(silo);
        _lent.RemoveAll(lease => lease.Silo == silo);
        return Release(record => record.Lease.Silo == silo);
    }

    /// <summary>Forgets silent silos and lapsed leases.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The jobs whose leases lapsed.</returns>
    public ImmutableArray<string> Expire(DateTimeOffset now)
    {
        foreach (var silent in _silos.Where(silo => silo.Value.Seen + _leaseDuration <= now).Select(silo => silo.Key).ToList())
            _silos.Remove(silent);
        _lent.RemoveAll(lease => lease.Expires <= now);
        return Release(record => record.Lease.Expires <= now);
    }

    /// <summary>Gives free slots to waiting jobs, and takes lent ones back for those that are left.</summary>
    /// <param name="now">The time.</param>
    /// <returns>The new leases, whose epoch is not yet set, each with its queue entry.</returns>
    public ImmutableArray<LeaseRecord> Grant(DateTimeOffset now)
    {
        var granted = ImmutableArray.CreateBuilder<LeaseRecord>();
        while (Next(_queue, Running(), _served) is { } entry && (FirstFree() ?? TakeBack()) is var (silo, slot))
        {
            var record = new LeaseRecord(new SlotLease(silo, slot, entry.JobId, 0, now + _leaseDuration), entry);
            _queue.Remove(entry);
            _leases.Add(record);
            _served[entry.Owner] = ++_grants;
            granted.Add(record);
        }

        ForgetOwners();
        return granted.ToImmutable();
    }

    /// <summary>The job runs with the lease.</summary>
    /// <param name="lease">The lease with its epoch.</param>
    /// <returns>Whether the lease still stands.</returns>
    public bool Started(SlotLease lease)
    {
        var index = Find(lease);
        if (index < 0)
            return false;
        _leases[index] = _leases[index] with { Lease = _leases[index].Lease with { Epoch = lease.Epoch } };
        DropLent();
        return true;
    }

    /// <summary>The job does not want the lease, or could not start.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="requeue">Whether the job goes back to its place in the queue.</param>
    /// <returns>Whether anything changed.</returns>
    public bool NotStarted(SlotLease lease, bool requeue)
    {
        var index = Find(lease);
        if (index < 0)
            return false;
        var entry = _leases[index].Entry;
        _leases.RemoveAt(index);
        DropLent();
        if (requeue)
            Enqueue(entry);
        return true;
    }

    /// <summary>Queue in the order of starting, leases, slots.</summary>
    /// <returns>A snapshot.</returns>
    public SchedulerSnapshot Snapshot()
    {
        var (waiting, running, served, grants) = (_queue.ToList(), Running(), new Dictionary<string, long>(_served, StringComparer.Ordinal), _grants);
        var order = ImmutableArray.CreateBuilder<QueueEntry>(waiting.Count);
        while (Next(waiting, running, served) is { } entry)
        {
            order.Add(entry);
            waiting.Remove(entry);
            running[entry.Owner] = running.GetValueOrDefault(entry.Owner) + 1;
            served[entry.Owner] = ++grants;
        }

        return new SchedulerSnapshot(
            order.ToImmutable(),
            [.. _leases.Select(record => record.Lease)],
            _silos.ToImmutableDictionary(silo => silo.Key, silo => silo.Value.Slots, StringComparer.Ordinal),
            [.. _lent]);
    }

    /// <summary>The owner with the fewest slots, among equals the one who was served longest ago; of that owner the highest priority, then the oldest.</summary>
    private static QueueEntry? Next(List<QueueEntry> queue, Dictionary<string, int> running, Dictionary<string, long> served) =>
        queue.OrderBy(entry => running.GetValueOrDefault(entry.Owner))
            .ThenBy(entry => served.GetValueOrDefault(entry.Owner))
            .ThenBy(entry => entry.Owner == queue[0].Owner ? 0 : 1)
            .ThenBy(entry => entry.Owner, StringComparer.Ordinal)
            .ThenByDescending(entry => entry.Priority)
            .ThenBy(entry => entry.Enqueued)
            .ThenBy(entry => entry.JobId, StringComparer.Ordinal)
            .FirstOrDefault();

    private IEnumerable<(string Silo, int Slot)> FreeSlots()
    {
        var taken = _leases.Select(record => record.Lease).Concat(_lent).Select(lease => (lease.Silo, lease.Slot)).ToHashSet();
        return _silos.SelectMany(silo => silo.Value.Slots.Select(slot => (silo.Key, slot.Slot))).Distinct().Where(slot => !taken.Contains(slot));
    }

    private (string Silo, int Slot)? FirstFree() => FreeSlots().Select(slot => ((string, int)?)slot).FirstOrDefault();

    private Dictionary<string, int> Running() =>
        _leases.GroupBy(record => record.Entry.Owner, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.Count(), StringComparer.Ordinal);

    private int Find(SlotLease lease) =>
        _leases.FindIndex(record => record.Lease.JobId == lease.JobId && record.Lease.Silo == lease.Silo && record.Lease.Slot == lease.Slot);

    private ImmutableArray<string> Release(Predicate<LeaseRecord> which)
    {
        ImmutableArray<string> jobs = [.. _leases.FindAll(which).Select(record => record.Entry.JobId)];
        _leases.RemoveAll(which);
        DropLent();
        return jobs;
    }

    private void ForgetOwners()
    {
        if (_served.Count <= MaxRememberedOwners)
            return;
        foreach (var owner in _served.OrderBy(owner => owner.Value).Take(_served.Count - MaxRememberedOwners).Select(owner => owner.Key).ToList())
            _served.Remove(owner);
    }

    private sealed record Silo(ImmutableArray<SlotAnnouncement> Slots, DateTimeOffset Seen);
}
