using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Which waiting jobs are to be told why they wait: only those whose reason has changed, a few at a time. Jobs take it that slots are busy until they hear of something else; how many
/// are ahead they ask themselves.
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
            _pending.Enqueue(entry.JobId);
    }

    /// <summary>A job waits no more.</summary>
    /// <param name="jobId">The job.</param>
    public void Left(string jobId) => _told.Remove(jobId);

    /// <summary>Compares reasons with those of the last time.</summary>
    /// <param name="settled">Whether silos have had time to announce themselves: before, nobody hears that there is none.</param>
    /// <param name="most">Most notices.</param>
    /// <returns>Notices to give.</returns>
    public List<(string JobId, string Text)> Take(bool settled, int most)
    {
        foreach (var gone in _reasons.Keys.Where(need => !model.Waiting.Needs.ContainsKey(need)).ToList())
            _reasons.Remove(gone);
        var changed = new HashSet<SlotNeed>();
        foreach (var need in model.Waiting.Needs.Keys)
        {
            var reason = Reason(need, settled);
            if (_reasons.GetValueOrDefault(need) != reason)
                changed.Add(need);
            _reasons[need] = reason;
        }

        if (changed.Count > 0)
        {
            foreach (var row in model.Waiting.Arrivals.Where(row => changed.Contains(SlotNeed.Of(row.Entry))))
                _pending.Enqueue(row.Entry.JobId);
        }

        var notices = new List<(string, string)>();
        while (notices.Count < most && _pending.TryDequeue(out var job))
        {
            if (model.Waiting.Find(job) is not { } entry)
                continue;
            var reason = _reasons.GetValueOrDefault(SlotNeed.Of(entry));
            if (_told.GetValueOrDefault(job) == reason)
                continue;
            _told[job] = reason;
            notices.Add((job, model.Describe(entry, reason)));
        }

        return notices;
    }

    private WaitReason Reason(SlotNeed need, bool settled) => model.ReasonOf(need) is var reason && reason == WaitReason.NoSlots && !settled ? WaitReason.Busy : reason;
}
