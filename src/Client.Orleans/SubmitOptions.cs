namespace OrleansOneShot.Client.Cluster;

/// <summary>Options of a submission.</summary>
public sealed record SubmitOptions
{
    /// <summary>The job's id; null makes a new one. Submitting the same request under the same id again is harmless.</summary>
    public string? Id { get; init; }
}
