using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// What a job needs of a slot. Few different ones wait at a time, so the queue is kept by them. What jobs of a profile take is looked up when a slot is chosen.
/// </summary>
/// <param name="Bytes">Memory, whatever was learned of its like; 0: nothing is known but that.</param>
/// <param name="Device">Kind of device; null: any.</param>
/// <param name="Profile">What its memory depends on; null: nothing is learned.</param>
/// <param name="Avoid">Silos whose machines failed it, as <see cref="QueueEntry.Avoid"/> holds them; null: none.</param>
internal readonly record struct SlotNeed(long Bytes, string? Device, string? Profile = null, string? Avoid = null)
{
    /// <summary>What a job needs.</summary>
    /// <param name="entry">The job.</param>
    /// <returns>Its need.</returns>
    public static SlotNeed Of(QueueEntry entry) => new(entry.RequiredBytes, entry.Device, entry.Profile, entry.Avoid);

    /// <summary>Whether a silo's machine has failed the job.</summary>
    /// <param name="silo">The silo.</param>
    /// <returns>Whether it has.</returns>
    public bool Avoids(string silo) => Avoid is not null && Avoid.Split(' ').Contains(silo, StringComparer.Ordinal);

    /// <summary>Whether a slot is of the right kind, whatever its memory.</summary>
    /// <param name="slot">The slot.</param>
    /// <returns>Whether it is.</returns>
    public bool HasDevice(SlotAnnouncement slot) => Device is null || DeviceKind.Of(slot) == Device;
}
