using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>A lease and the queue entry that it came from, so that a failed start puts the job back where it was.</summary>
/// <param name="Lease">The lease; its epoch is 0 until the job has answered.</param>
/// <param name="Entry">The queue entry.</param>
[GenerateSerializer, Immutable, Alias("oneshot.LeaseRecord")]
internal sealed record LeaseRecord([property: Id(0)] SlotLease Lease, [property: Id(1)] QueueEntry Entry);
