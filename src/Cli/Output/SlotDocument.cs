namespace OrleansOneShot.Cli.Output;

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
internal sealed record SlotDocument(string Silo, int Slot, string Device, long MemoryBytes, string State, string? Job, long? Epoch, string? Reason = null);
