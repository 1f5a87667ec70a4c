using System.Globalization;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Why jobs wait.</summary>
internal sealed partial class SchedulerModel
{
    /// <summary>Why jobs with a need wait.</summary>
    /// <param name="need">The need.</param>
    /// <returns>The reason.</returns>
    public WaitReason ReasonOf(SlotNeed need) =>
        _silos.Count == 0 ? WaitReason.NoSlots : AllSlots().Any(need.Fits) ? WaitReason.Busy : WaitReason.NoneFits;

    /// <summary>A reason in words.</summary>
    /// <param name="entry">The waiting job.</param>
    /// <param name="reason">Why it waits.</param>
    /// <returns>A sentence.</returns>
    public string Describe(QueueEntry entry, WaitReason reason)
    {
        if (reason == WaitReason.NoSlots)
            return "No silo offers a slot: start one with oneshot serve.";
        if (reason == WaitReason.NoneFits)
        {
            var need = SlotNeed.Of(entry);
            var gib = (entry.RequiredBytes / (double)(1L << 30)).ToString("0.##", CultureInfo.InvariantCulture);
            return !AllSlots().Any(need.HasDevice) ? $"Waits: no slot has a {need.Device} device."
                : need.Device is null ? $"Waits: no slot has {gib} GiB."
                : $"Waits: no {need.Device} slot has {gib} GiB.";
        }

        var ahead = _queue.Ahead(entry, need => AllSlots().Any(need.Fits));
        return ahead switch
        {
            0 => "Waits for a free slot.",
            1 => "Waits for a free slot; 1 job is ahead.",
            _ => string.Create(CultureInfo.InvariantCulture, $"Waits for a free slot; {ahead} jobs are ahead."),
        };
    }

    private IEnumerable<SlotAnnouncement> AllSlots() => _silos.Values.SelectMany(silo => silo.Slots);
}
