namespace OrleansOneShot.Contracts.Scheduling;

/// <summary>A job that waits for a slot.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Priority">Its priority; higher first.</param>
/// <param name="Enqueued">When it was submitted, UTC: its age in the queue.</param>
/// <param name="Model">The base model's name: a silo that has it mapped is preferred. Null: no preference.</param>
/// <param name="Profile">
/// What its memory depends on, such as model, resolution and precision: jobs of one profile need the same. Null: nothing is learned.
/// </param>
/// <param name="Device">Kind of device it needs, "cpu" or "cuda"; null: any.</param>
/// <param name="RequiredBytes">
/// Memory that its slot must have; 0: not known, fits anywhere. In a snapshot, with what was learned from jobs of the same profile.
/// </param>
/// <param name="Front">Whether it goes before all other jobs of its owner: its silo stopped and gave it back.</param>
/// <param name="Waiting">In a snapshot: why it waits, if not for one of the slots that there are. Null elsewhere.</param>
/// <param name="Over">The job's last epoch, which is over: a lease of it that still stands ends. 0: it has had none.</param>
/// <param name="Avoid">
/// Addresses of silos whose machines failed it, with spaces between: it goes there only if no other silo has a slot that fits. Null: none.
/// </param>
[GenerateSerializer, Immutable, Alias("oneshot.QueueEntry")]
public sealed record QueueEntry(
    [property: Id(0)] string JobId,
    [property: Id(1)] string Owner,
    [property: Id(2)] int Priority,
    [property: Id(3)] DateTimeOffset Enqueued,
    [property: Id(4)] string? Model = null,
    [property: Id(5)] string? Profile = null,
    [property: Id(6)] string? Device = null,
    [property: Id(7)] long RequiredBytes = 0,
    [property: Id(8)] bool Front = false,
    [property: Id(9)] string? Waiting = null,
    [property: Id(10)] long Over = 0,
    [property: Id(11)] string? Avoid = null
);
