using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What a job needs of a slot. Few different ones wait at a time, so the queue is kept by them.</summary>
/// <param name="Bytes">Memory; 0 fits anywhere.</param>
/// <param name="Device">Kind of device; null: any.</param>
internal readonly record struct SlotNeed(long Bytes, string? Device)
{
    /// <summary>What a job needs.</summary>
    /// <param name="entry">The job.</param>
    /// <returns>Its need.</returns>
    public static SlotNeed Of(QueueEntry entry) => new(entry.RequiredBytes, entry.Device);

    /// <summary>Whether a slot has it.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>Whether the job may run there.</returns>
    public bool Fits(SlotAnnouncement slot) => slot.MemoryBytes >= Bytes && HasDevice(slot);

    /// <summary>Whether a slot is of the right kind, whatever its memory.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>Whether it is.</returns>
    public bool HasDevice(SlotAnnouncement slot) =>
        Device is null || slot.Device.Split(':')[0] == Device;
}
