namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>What the scheduler can say of a job that waits, or would.</summary>
/// <param name="Waiting">Why it waits, one sentence.</param>
/// <param name="Position">Its place in the order of starting, 1 for the next; null: no slot will do for it as things are.</param>
/// <param name="Slots">Number of slots that would do.</param>
/// <param name="Free">Of these, how many are free.</param>
/// <param name="Device">Kind of device that it would get, "cpu" or "cuda"; null: none would do.</param>
/// <param name="RequiredBytes">Memory that its like were seen to take there; 0: not known.</param>
[GenerateSerializer, Immutable, Alias("oneshot.QueueOutlook")]
public sealed record QueueOutlook(
    [property: Id(0)] string Waiting,
    [property: Id(1)] int? Position,
    [property: Id(2)] int Slots,
    [property: Id(3)] int Free,
    [property: Id(4)] string? Device,
    [property: Id(5)] long RequiredBytes
);
