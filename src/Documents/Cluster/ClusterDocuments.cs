namespace OrleansOneShot.Documents.Cluster;

/// <summary>The queue of a cluster.</summary>
/// <param name="Queue">In the order in which the jobs will start.</param>
public sealed record QueueDocument(IReadOnlyList<QueueEntryDocument> Queue);

/// <summary>A waiting job.</summary>
/// <param name="Id">The job.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="Enqueued">Since when it waits.</param>
/// <param name="Waiting">Why none of the slots that there are will do; null if one will when it is free.</param>
public sealed record QueueEntryDocument(string Id, string Owner, int Priority, DateTimeOffset Enqueued, string? Waiting = null);

/// <summary>The silos of a cluster that offer slots.</summary>
/// <param name="Silos">By address.</param>
public sealed record SiloListDocument(IReadOnlyList<SiloDocument> Silos);

/// <summary>A silo that offers slots.</summary>
/// <param name="Address">Its address.</param>
/// <param name="Slots">Number of its slots.</param>
/// <param name="Free">Of these, how many a job could take now.</param>
/// <param name="Reason">Why it takes no jobs, as the end of a sentence; null: it does.</param>
public sealed record SiloDocument(string Address, int Slots, int Free, string? Reason = null);

/// <summary>The slots of a cluster.</summary>
/// <param name="Slots">By silo and number.</param>
public sealed record SlotListDocument(IReadOnlyList<SlotDocument> Slots);

/// <summary>A slot of a cluster.</summary>
/// <param name="Silo">The silo's address.</param>
/// <param name="Slot">Number of the slot on the silo.</param>
/// <param name="Device">"cpu" or "cuda:N".</param>
/// <param name="MemoryBytes">Memory that a job may use there.</param>
/// <param name="State">
/// "free", "leased" (a job's own slot), "lent" (evaluates terms of another slot's job), or "withheld" (its silo takes no jobs for now).
/// </param>
/// <param name="Job">The job; null while free.</param>
/// <param name="Epoch">The job's epoch; null while free.</param>
/// <param name="Reason">Why its silo takes no jobs, as the end of a sentence; null: it does.</param>
public sealed record SlotDocument(
    string Silo,
    int Slot,
    string Device,
    long MemoryBytes,
    string State,
    string? Job = null,
    long? Epoch = null,
    string? Reason = null
);
