namespace OrleansOneShot.Cli.Output;

/// <summary>The queue of a cluster.</summary>
/// <param name="Queue">In the order in which the jobs will start.</param>
internal sealed record QueueDocument(IReadOnlyList<QueueEntryDocument> Queue);
