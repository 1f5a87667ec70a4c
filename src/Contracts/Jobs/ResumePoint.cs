namespace OrleansOneShot.Contracts.Jobs;

/// <summary>What a job keeps of its earlier epochs for the next one.</summary>
/// <param name="Checkpoint">The newest checkpoint; null: none.</param>
/// <param name="Previous">The one before it, for when the newest is damaged or lost; null: none.</param>
/// <param name="Settled">What the job's weights depend on; null: nothing is settled yet.</param>
[GenerateSerializer, Immutable, Alias("oneshot.ResumePoint")]
public sealed record ResumePoint(
    [property: Id(0)] CheckpointReference? Checkpoint,
    [property: Id(1)] CheckpointReference? Previous,
    [property: Id(2)] SettledRun? Settled
)
{
    /// <summary>Where a job begins.</summary>
    public static ResumePoint Beginning { get; } = new(null, null, null);
}
