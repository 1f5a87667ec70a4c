using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Waiting jobs in the order of starting: the owner with the fewest slots, among equals the one who was served longest ago, then whose job came first; of that
/// owner the highest priority, then the oldest. Every change and every question costs O(log n).
/// </summary>
internal sealed class FairQueue
{
    private readonly LinkedList<QueueRow> _arrivals = new();
    private readonly Dictionary<string, LinkedListNode<QueueRow>> _jobs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OwnerQueue> _owners = new(StringComparer.Ordinal);
    private readonly SortedSet<OwnerQueue> _turns = new(OwnerQueue.ByTurn);
    private readonly Dictionary<SlotNeed, int> _needs = [];
    private readonly Dictionary<string, int> _running;
    private readonly Dictionary<string, long> _served;

    /// <summary>An empty queue.</summary>
    /// <param name="running">Slots by owner.</param>
    /// <param name="served">When owners were last served.</param>
    public FairQueue(IEnumerable<KeyValuePair<string, int>> running, IEnumerable<KeyValuePair<string, long>> served)
    {
        _running = new Dictionary<string, int>(running, StringComparer.Ordinal);
        _served = new Dictionary<string, long>(served, StringComparer.Ordinal);
    }

    /// <summary>Number of waiting jobs.</summary>
    public int Count => _jobs.Count;

    /// <summary>Waiting jobs in the order of arrival.</summary>
    public IEnumerable<QueueRow> Arrivals => _arrivals;

    /// <summary>Number of waiting jobs by what they need.</summary>
    public IReadOnlyDictionary<SlotNeed, int> Needs => _needs;

    /// <summary>When owners were last served.</summary>
    public IReadOnlyDictionary<string, long> Served => _served;

    /// <summary>A waiting job.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its entry; null if it does not wait.</returns>
    public QueueEntry? Find(string jobId) => _jobs.GetValueOrDefault(jobId)?.Value.Entry;

    /// <summary>Number of an owner's waiting jobs.</summary>
    /// <param name="owner">The owner.</param>
    /// <returns>The number.</returns>
    public int CountOf(string owner) => _owners.GetValueOrDefault(owner)?.Count ?? 0;

    /// <summary>Adds a job that does not wait yet, as the latest.</summary>
    /// <param name="row">The job; its arrival is later than all others'.</param>
    public void Add(QueueRow row)
    {
        var entry = row.Entry;
        _jobs.Add(entry.JobId, _arrivals.AddLast(row));
        if (!_owners.TryGetValue(entry.Owner, out var owner))
        {
            owner = new OwnerQueue(entry.Owner) { Running = _running.GetValueOrDefault(entry.Owner), Served = _served.GetValueOrDefault(entry.Owner) };
            _owners.Add(entry.Owner, owner);
            _turns.Add(owner);
        }

        owner.Add(entry);
        _needs[SlotNeed.Of(entry)] = _needs.GetValueOrDefault(SlotNeed.Of(entry)) + 1;
    }

    /// <summary>Takes a job off.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its entry; null if it did not wait.</returns>
    public QueueEntry? Remove(string jobId)
    {
        if (!_jobs.Remove(jobId, out var node))
        {
            return null;
        }
        var entry = node.Value.Entry;
        _arrivals.Remove(node);
        var owner = _owners[entry.Owner];
        owner.Remove(entry);
        if (owner.Count == 0)
        {
            _turns.Remove(owner);
            _owners.Remove(entry.Owner);
        }

        if (--_needs[SlotNeed.Of(entry)] == 0)
        {
            _needs.Remove(SlotNeed.Of(entry));
        }
        return entry;
    }

    /// <summary>An owner's slots became more or fewer.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="by">By how many.</param>
    public void AddRunning(string owner, int by)
    {
        var running = _running.GetValueOrDefault(owner) + by;
        if (running == 0)
        {
            _running.Remove(owner);
        }
        else
        {
            _running[owner] = running;
        }
        Reorder(owner, waiting => waiting.Running = running);
    }

    /// <summary>An owner is served.</summary>
    /// <param name="owner">The owner.</param>
    /// <param name="grant">Number of the grant.</param>
    public void SetServed(string owner, long grant)
    {
        _served[owner] = grant;
        Reorder(owner, waiting => waiting.Served = grant);
    }

    /// <summary>Forgets when an owner was served.</summary>
    /// <param name="owner">The owner.</param>
    public void ForgetServed(string owner)
    {
        _served.Remove(owner);
        Reorder(owner, waiting => waiting.Served = 0);
    }

    /// <summary>The job whose turn it is, of those that fit.</summary>
    /// <param name="fits">Whether some slot has what a job needs.</param>
    /// <returns>The job; null if none fits.</returns>
    public QueueEntry? Next(Func<SlotNeed, bool> fits)
    {
        var needs = _needs.Keys.Where(fits).ToHashSet();
        if (needs.Count == 0)
        {
            return null;
        }
        foreach (var owner in _turns)
        {
            if (owner.First(needs) is not { } entry)
            {
                continue;
            }
            // Between owners whose turn it is equally: whose job came first.
            var first = _owners[_arrivals.First!.Value.Entry.Owner];
            return first.Running == owner.Running && first.Served == owner.Served ? first.First(needs) ?? entry : entry;
        }

        return null;
    }

    /// <summary>How many jobs start before a waiting one, if none ends and none comes.</summary>
    /// <param name="entry">The waiting job.</param>
    /// <param name="fits">Whether some slot has what a job needs: who fits none is ahead of nobody.</param>
    /// <returns>The number.</returns>
    public int Ahead(QueueEntry entry, Func<SlotNeed, bool> fits)
    {
        var needs = _needs.Keys.Where(fits).ToHashSet();
        var own = _owners[entry.Owner];
        var rank = own.Rank(entry, needs);
        var ahead = rank;
        foreach (var other in _owners.Values)
        {
            if (other == own)
            {
                continue;
            }
            // The own job starts when the owner holds this many slots; the other one's jobs that start with fewer go before. With as many, whoever had them
            // first.
            var level = own.Running + rank;
            var equal = other.Running > own.Running || (other.Running == own.Running && IsBefore(other, own)) ? 1 : 0;
            ahead += Math.Clamp(level - other.Running + equal, 0, other.CountOf(needs));
        }

        return ahead;
    }

    /// <summary>A copy, to play through.</summary>
    /// <returns>The copy.</returns>
    public FairQueue Copy()
    {
        var copy = new FairQueue(_running, _served);
        foreach (var row in _arrivals)
        {
            copy.Add(row);
        }
        return copy;
    }

    private bool IsBefore(OwnerQueue one, OwnerQueue other)
    {
        if (one.Served != other.Served)
        {
            return one.Served < other.Served;
        }
        var first = _arrivals.First!.Value.Entry.Owner;
        return one.Owner == first || (other.Owner != first && string.CompareOrdinal(one.Owner, other.Owner) < 0);
    }

    private void Reorder(string name, Action<OwnerQueue> change)
    {
        if (!_owners.TryGetValue(name, out var owner))
        {
            return;
        }
        _turns.Remove(owner);
        change(owner);
        _turns.Add(owner);
    }
}

/// <summary>A waiting job and its place in the order of arrival, which decides between owners who were never served.</summary>
/// <param name="Entry">The job.</param>
/// <param name="Arrival">Rises with every arrival.</param>
[GenerateSerializer, Immutable, Alias("oneshot.QueueRow")]
internal sealed record QueueRow([property: Id(0)] QueueEntry Entry, [property: Id(1)] long Arrival)
{
    /// <summary>Since when it waits; null: since its submission.</summary>
    [Id(2)]
    public DateTimeOffset? Since { get; init; }
}
