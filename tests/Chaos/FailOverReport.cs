namespace OrleansOneShot.Chaos;

/// <summary>What a run of <see cref="FailOverRun"/> found.</summary>
internal sealed record FailOverReport
{
    /// <summary>Silos of the cluster, one slot each.</summary>
    public required int Silos { get; init; }

    /// <summary>Every fault, in order.</summary>
    public required IReadOnlyList<FailOver> Faults { get; init; }

    /// <summary>What must not be; empty if all is well.</summary>
    public required IReadOnlyList<string> Violations { get; init; }
}
