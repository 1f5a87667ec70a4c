namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>A job that waits for a slot.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Priority">Its priority; higher first.</param>
/// <param name="Enqueued">When it was submitted, UTC: its age in the queue.</param>
[GenerateSerializer, Immutable, Alias("oneshot.QueueEntry")]
public sealed record QueueEntry(
    [property: Id(0)] string JobId, [property: Id(1)] string Owner, [property: Id(2)] int Priority, [property: Id(3)] DateTimeOffset Enqueued);
