using System.Collections.Immutable;

namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>A slot that a silo offers.</summary>
/// <param name="Slot">Number of the slot on the silo, from 0.</param>
/// <param name="Device">"cpu" or "cuda:N".</param>
/// <param name="MemoryBytes">Memory that a job may use there.</param>
[GenerateSerializer, Immutable, Alias("oneshot.SlotAnnouncement")]
public sealed record SlotAnnouncement([property: Id(0)] int Slot, [property: Id(1)] string Device, [property: Id(2)] long MemoryBytes)
{
    /// <summary>Most names in <see cref="Models"/>.</summary>
    public const int MaxModels = 16;

    /// <summary>Base models that the silo has mapped, latest first, <see cref="MaxModels"/> at most.</summary>
    [Id(3)]
    public ImmutableArray<string> Models { get; init; } = [];
}
