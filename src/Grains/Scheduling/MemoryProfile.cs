namespace OrleansOneShot.Grains.Scheduling;

/// <summary>What jobs of one kind were seen to need, in two generations, of which the older one goes when the younger one is full.</summary>
/// <param name="Profile">The kind of job, as <c>QueueEntry.Profile</c> names it.</param>
/// <param name="PeakBytes">The most that one of the older generation took.</param>
/// <param name="Device">The kind of device that it took it of.</param>
[GenerateSerializer, Immutable, Alias("oneshot.MemoryProfile")]
internal sealed record MemoryProfile([property: Id(0)] string Profile, [property: Id(1)] long PeakBytes, [property: Id(2)] string Device = DeviceKind.Cpu)
{
    /// <summary>The most that one of the younger generation took.</summary>
    [Id(3)]
    public long RecentBytes { get; init; }

    /// <summary>Jobs of the younger generation.</summary>
    [Id(4)]
    public int Jobs { get; init; }

    /// <summary>When a job last told, UTC. Default in what older versions stored.</summary>
    [Id(5)]
    public DateTimeOffset Seen { get; init; }

    /// <summary>What the next one of its kind needs.</summary>
    public long RequiredBytes => Math.Max(PeakBytes, RecentBytes);
}
