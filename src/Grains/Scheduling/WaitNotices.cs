using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Which waiting jobs are to be told why they wait: only those whose reason has changed, a few at a time. Jobs take it that slots are busy until they hear of
/// something else; how many are ahead they ask themselves.
/// </summary>
/// <param name="model">The queue.</param>
internal sealed class WaitNotices(SchedulerModel model)
{
    private readonly Dictionary<SlotNeed, WaitReason> _reasons = [];
    private readonly Dictionary<string, WaitReason> _told = new(StringComparer.Ordinal);
    private readonly Queue<string> _pending = new();

    /// <summary>A job has begun to wait.</summary>
    /// <param name="entry">The job.</param>
    public void Entered(QueueEntry entry)
    {
        if (_reasons.GetValueOrDefault(SlotNeed.Of(entry)) != WaitReason.Busy)
        {
            _pending.Enqueue(entry.JobId);
        }
    }

    /// <summary>A job waits no more.</summary>
    /// <param name="jobId">The job.</param>
    public void Left(string jobId) => _told.Remove(jobId);

    /// <summary>What a job that has just come is told at once, whatever others still have to be told.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="settled">Whether silos have had time to announce themselves: before, nobody hears that there is none.</param>
    /// <returns>Why it waits; null: it does not, or slots are only busy, or it knows.</returns>
    public string? TakeOf(string jobId, bool settled)
    {
        if (model.Waiting.Find(jobId) is not { } entry)
        {
            return null;
        }
        var reason = model.ReasonOf(SlotNeed.Of(entry), settled);
        return reason == WaitReason.Busy || _told.GetValueOrDefault(jobId) == reason ? null : Tell(entry, reason);
    }

    /// <summary>Compares reasons with those of the last time.</summary>
    /// <param name="settled">Whether silos have had time to announce themselves: before, nobody hears that there is none.</param>
    /// <param name="most">Most notices.</param>
    /// <returns>Notices to give.</returns>
    public List<(string JobId, string Text)> Take(bool settled, int most)
    {
        foreach (var gone in _reasons.Keys.Where(need => !model.Waiting.Needs.ContainsKey(need)).ToList())
        {
            _reasons.Remove(gone);
        }
        var changed = new HashSet<SlotNeed>();
        foreach (var need in model.Waiting.Needs.Keys)
        {
            var reason = model.ReasonOf(need, settled);
            if (_reasons.GetValueOrDefault(need) != reason)
            {
                changed.Add(need);
            }
            _reasons[need] = reason;
        }

        if (changed.Count > 0)
        {
            foreach (var row in model.Waiting.Arrivals.Where(row => changed.Contains(SlotNeed.Of(row.Entry))))
            {
                _pending.Enqueue(row.Entry.JobId);
            }
        }

        var notices = new List<(string, string)>();
        while (notices.Count < most && _pending.TryDequeue(out var job))
        {
            if (model.Waiting.Find(job) is not { } entry)
            {
                continue;
            }
            var reason = _reasons.GetValueOrDefault(SlotNeed.Of(entry));
            if (_told.GetValueOrDefault(job) == reason)
            {
                continue;
            }
            notices.Add((job, Tell(entry, reason)));
        }

        return notices;
    }

    private string Tell(QueueEntry entry, WaitReason reason)
    {
        _told[entry.JobId] = reason;
        return model.Describe(entry, reason);
    }
}

/// <summary>Why a job waits.</summary>
internal enum WaitReason
{
    /// <summary>All slots that fit have work.</summary>
    Busy,

    /// <summary>There are slots, and none fits.</summary>
    NoneFits,

    /// <summary>All that fit are those of silos that take no jobs for now.</summary>
    Withheld,

    /// <summary>There are no slots.</summary>
    NoSlots,

    /// <summary>The cluster is drained.</summary>
    Drained,
}
