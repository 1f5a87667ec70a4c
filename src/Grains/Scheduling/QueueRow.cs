using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>A waiting job and its place in the order of arrival, which decides between owners who were never served.</summary>
/// <param name="Entry">The job.</param>
/// <param name="Arrival">Rises with every arrival.</param>
[GenerateSerializer, Immutable, Alias("oneshot.QueueRow")]
internal sealed record QueueRow([property: Id(0)] QueueEntry Entry, [property: Id(1)] long Arrival);
