using System.Globalization;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Why jobs wait.</summary>
internal sealed partial class SchedulerModel
{
    // Of the silos that take no jobs: a sentence must not grow with the cluster.
    private const int MaxNamed = 3;

    /// <summary>Why jobs with a need wait.</summary>
    /// <param name="need">The need.</param>
    /// <param name="settled">Whether silos have had the time to announce themselves: before, nobody hears that there is none.</param>
    /// <returns>The reason.</returns>
    public WaitReason ReasonOf(SlotNeed need, bool settled = true)
    {
        if (Drain is not null)
        {
            return WaitReason.Drained;
        }
        if (_silos.Count == 0)
        {
            return settled ? WaitReason.NoSlots : WaitReason.Busy;
        }
        return OfferedSlots().Any(slot => Suits(need, slot.Slot)) ? WaitReason.Busy
            : AllSlots().Any(slot => Suits(need, slot)) ? WaitReason.Withheld
            : WaitReason.NoneFits;
    }

    /// <summary>A reason in words.</summary>
    /// <param name="entry">The waiting job.</param>
    /// <param name="reason">Why it waits.</param>
    /// <returns>A sentence.</returns>
    public string Describe(QueueEntry entry, WaitReason reason)
    {
        if (reason == WaitReason.Drained)
        {
            return "Waits: the cluster is drained for an upgrade.";
        }
        if (reason == WaitReason.NoSlots)
        {
            return "No silo offers a slot: start one with oneshot serve.";
        }
        if (reason == WaitReason.NoneFits)
        {
            return DescribeNeed(SlotNeed.Of(entry));
        }
        if (reason == WaitReason.Withheld)
        {
            return DescribeWithheld(SlotNeed.Of(entry));
        }
        return Ahead(entry) switch
        {
            0 => "Waits for a free slot.",
            1 => "Waits for a free slot; 1 job is ahead.",
            var ahead => string.Create(CultureInfo.InvariantCulture, $"Waits for a free slot; {ahead} jobs are ahead."),
        };
    }

    /// <summary>
    /// What can be said of a waiting job. Costs as much as there are kinds of jobs and slots, owners who wait, and jobs of the same owner that go before it;
    /// never a walk through the whole queue.
    /// </summary>
    /// <param name="entry">The job, which waits.</param>
    /// <param name="settled">Whether silos have had the time to announce themselves.</param>
    /// <returns>Its outlook.</returns>
    public QueueOutlook OutlookOf(QueueEntry entry, bool settled = true)
    {
        var need = SlotNeed.Of(entry);
        var reason = ReasonOf(need, settled);
        var fitting = OfferedSlots().Where(slot => Fits(need, slot)).ToList();
        var device = fitting.Select(slot => DeviceKind.Of(slot.Slot)).OrderByDescending(kind => kind != DeviceKind.Cpu).FirstOrDefault();
        return new QueueOutlook(
            Describe(entry, reason),
            reason == WaitReason.NoneFits ? null : Ahead(entry) + 1,
            fitting.Count,
            FreeSlots().Count(slot => Fits(need, slot)),
            device,
            device is null ? 0 : BytesOn(need, device)
        );
    }

    /// <summary>What could be said of a job that came now.</summary>
    /// <param name="entry">The job, which does not wait.</param>
    /// <param name="settled">Whether silos have had the time to announce themselves.</param>
    /// <returns>Its outlook.</returns>
    public QueueOutlook Preview(QueueEntry entry, bool settled = true)
    {
        _queue.Add(new QueueRow(entry, _arrivals + 1));
        try
        {
            return OutlookOf(entry, settled);
        }
        finally
        {
            _queue.Remove(entry.JobId);
        }
    }

    /// <summary>How many jobs start before a waiting one: those that some slot suits; where none suits it, all count.</summary>
    private int Ahead(QueueEntry entry) =>
        OfferedSlots().Any(slot => Suits(SlotNeed.Of(entry), slot.Slot))
            ? _queue.Ahead(entry, need => OfferedSlots().Any(slot => Suits(need, slot.Slot)))
            : _queue.Ahead(entry, _ => true);

    /// <summary>Memory that a job needs on the slots that there are, where it needs the least; 0: not known.</summary>
    private long LeastBytes(SlotNeed need) =>
        AllSlots().Where(need.HasDevice).Select(DeviceKind.Of).Distinct().DefaultIfEmpty(need.Device ?? DeviceKind.Cpu).Min(kind => BytesOn(need, kind));

    private string DescribeNeed(SlotNeed need)
    {
        var largest = AllSlots().Where(need.HasDevice).GroupBy(DeviceKind.Of).ToDictionary(kind => kind.Key, kind => kind.Max(slot => slot.MemoryBytes));
        if (largest.Count == 0)
        {
            return $"Waits: no slot has a {need.Device} device.";
        }
        var lacks = largest
            .OrderBy(kind => kind.Key, StringComparer.Ordinal)
            .Select(kind => $"needs {Gib(BytesOn(need, kind.Key))} on {kind.Key}, where the largest slot has {Gib(kind.Value)}");
        return $"Waits for memory: {Wording.List(lacks, "; ")}.";
    }

    private string DescribeWithheld(SlotNeed need)
    {
        var silos = _silos.Where(silo => silo.Value.Withheld is not null && silo.Value.Slots.Any(slot => Suits(need, slot))).ToList();
        var sentences = silos.Take(MaxNamed).Select(silo => $"Silo {silo.Key} takes no jobs: {silo.Value.Withheld!.TrimEnd('.')}.");
        var more = silos.Count - MaxNamed;
        return string.Join(' ', more > 0 ? sentences.Append(string.Create(CultureInfo.InvariantCulture, $"Nor do {more} more.")) : sentences);
    }

    private static string Gib(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");

    /// <summary>All slots, those of silos that take no jobs included.</summary>
    private IEnumerable<SlotAnnouncement> AllSlots() => _silos.Values.SelectMany(silo => silo.Slots);

    private IEnumerable<(string Silo, SlotAnnouncement Slot)> OfferedSlots() =>
        _silos.Where(silo => silo.Value.Withheld is null).SelectMany(silo => silo.Value.Slots.Select(slot => (Silo: silo.Key, Slot: slot)));
}
