namespace OrleansOneShot.Silo.Recovery;

/// <summary>What a recovery of jobs did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Recovered">Jobs that are listed again.</param>
/// <param name="Known">Number of jobs that were known already.</param>
/// <param name="Unfinished">Unknown jobs that have published nothing: what they were asked for is lost.</param>
/// <param name="Failed">Unknown jobs whose result is damaged.</param>
public sealed record RecoveryReport(
    bool DryRun,
    IReadOnlyList<string> Recovered,
    int Known,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<FailedRecovery> Failed
);

/// <summary>A job that can't be recovered.</summary>
/// <param name="Id">The job.</param>
/// <param name="Reason">Why, in one sentence.</param>
public sealed record FailedRecovery(string Id, string Reason);
