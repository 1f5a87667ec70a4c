using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>An owner's waiting jobs, by what they need, each in the order of starting.</summary>
/// <param name="owner">The owner.</param>
internal sealed class OwnerQueue(string owner)
{
    /// <summary>Whose turn it is.</summary>
    public static readonly IComparer<OwnerQueue> ByTurn = Comparer<OwnerQueue>.Create(
        (one, other) =>
            one.Running != other.Running ? one.Running.CompareTo(other.Running)
            : one.Served != other.Served ? one.Served.CompareTo(other.Served)
            : string.CompareOrdinal(one.Owner, other.Owner)
    );

    private static readonly Comparer<QueueEntry> s_byTurn = Comparer<QueueEntry>.Create(
        (one, other) =>
            one.Front != other.Front ? other.Front.CompareTo(one.Front)
            : one.Priority != other.Priority ? other.Priority.CompareTo(one.Priority)
            : one.Enqueued != other.Enqueued ? one.Enqueued.CompareTo(other.Enqueued)
            : string.CompareOrdinal(one.JobId, other.JobId)
    );

    private readonly Dictionary<SlotNeed, SortedSet<QueueEntry>> _byNeed = [];

    /// <summary>The owner.</summary>
    public string Owner => owner;

    /// <summary>Slots that work for the owner. Part of the order between owners.</summary>
    public int Running { get; set; }

    /// <summary>When the owner was last served. Part of the order between owners.</summary>
    public long Served { get; set; }

    /// <summary>Number of waiting jobs.</summary>
    public int Count { get; private set; }

    /// <summary>Adds a job.</summary>
    /// <param name="entry">The job.</param>
    public void Add(QueueEntry entry)
    {
        if (!_byNeed.TryGetValue(SlotNeed.Of(entry), out var alike))
        {
            _byNeed.Add(SlotNeed.Of(entry), alike = new SortedSet<QueueEntry>(s_byTurn));
        }
        alike.Add(entry);
        Count++;
    }

    /// <summary>Removes a job.</summary>
    /// <param name="entry">The job.</param>
    public void Remove(QueueEntry entry)
    {
        var alike = _byNeed[SlotNeed.Of(entry)];
        alike.Remove(entry);
        if (alike.Count == 0)
        {
            _byNeed.Remove(SlotNeed.Of(entry));
        }
        Count--;
    }

    /// <summary>The first job with one of some needs.</summary>
    /// <param name="needs">The needs.</param>
    /// <returns>The job; null for none.</returns>
    public QueueEntry? First(IReadOnlySet<SlotNeed> needs)
    {
        QueueEntry? first = null;
        foreach (var (need, alike) in _byNeed)
        {
            if (needs.Contains(need) && (first is null || s_byTurn.Compare(alike.Min, first) < 0))
            {
                first = alike.Min;
            }
        }

        return first;
    }

    /// <summary>Number of waiting jobs with one of some needs.</summary>
    /// <param name="needs">The needs.</param>
    /// <returns>The number.</returns>
    public int CountOf(IReadOnlySet<SlotNeed> needs) => _byNeed.Where(byNeed => needs.Contains(byNeed.Key)).Sum(byNeed => byNeed.Value.Count);

    /// <summary>How many of the owner's jobs are before a job. Jobs are mostly the last when one asks.</summary>
    /// <param name="entry">The job.</param>
    /// <param name="needs">Only jobs with one of these needs count.</param>
    /// <returns>The number.</returns>
    public int Rank(QueueEntry entry, IReadOnlySet<SlotNeed> needs)
    {
        var rank = 0;
        foreach (var alike in _byNeed.Where(byNeed => needs.Contains(byNeed.Key)).Select(byNeed => byNeed.Value))
        {
            rank += s_byTurn.Compare(alike.Max, entry) < 0 ? alike.Count : alike.TakeWhile(other => s_byTurn.Compare(other, entry) < 0).Count();
        }
        return rank;
    }
}
