namespace OrleansOneShot.Contracts.Jobs;

/// <summary>What became of the attempt to know a job again by what the store holds of it.</summary>
[GenerateSerializer, Alias("oneshot.RecoveryOutcome")]
public enum RecoveryOutcome
{
    /// <summary>The job is known; it stays as it is.</summary>
    Known,

    /// <summary>The job was unknown, or known by a state from before its result, and has succeeded with the result that its manifest names.</summary>
    Recovered,

    /// <summary>The job is unknown, and nothing of it is published: it had not finished.</summary>
    Unfinished,
}
