namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What jobs of one kind were seen to need.</summary>
/// <param name="Profile">The kind of job, as <c>QueueEntry.Profile</c> names it.</param>
/// <param name="PeakBytes">The most that one took.</param>
/// <param name="Device">The kind of device that it took it of.</param>
[GenerateSerializer, Immutable, Alias("oneshot.MemoryProfile")]
internal sealed record MemoryProfile([property: Id(0)] string Profile, [property: Id(1)] long PeakBytes, [property: Id(2)] string Device = DeviceKind.Cpu);
