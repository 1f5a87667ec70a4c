namespace OrleansOneShot.Chaos;

/// <summary>How a job in training came through one fault.</summary>
internal sealed record FailOver
{
    /// <summary>What went wrong: "kill", "freeze", "drain", or "kill-all", of which all silos start again.</summary>
    public required string Fault { get; init; }

    /// <summary>Seconds from the fault to the job's next training step in a new epoch.</summary>
    public required double Gap { get; init; }

    /// <summary>Steps taken more than once.</summary>
    public required int StepsRepeated { get; init; }

    /// <summary>Steps done before the fault, as far as the job had said.</summary>
    public required int AtStep { get; init; }
}
