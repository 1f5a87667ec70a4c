namespace OrleansOneShot.Cli.Output;

/// <summary>A waiting job.</summary>
/// <param name="Id">The job.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="Priority">Its priority.</param>
/// <param name="Enqueued">Since when it waits.</param>
/// <param name="Waiting">Why none of the slots that there are will do; null if one will when it is free.</param>
internal sealed record QueueEntryDocument(string Id, string Owner, int Priority, DateTimeOffset Enqueued, string? Waiting);
