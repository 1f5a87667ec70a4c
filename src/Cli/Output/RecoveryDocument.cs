using OrleansOneShot.Silo.Recovery;

namespace OrleansOneShot.Cli.Output;

/// <summary>What <c>jobs recover</c> did, or would do.</summary>
/// <param name="DryRun">Whether nothing was changed.</param>
/// <param name="Recovered">Ids of jobs that are listed again.</param>
/// <param name="Known">Number of jobs that were listed already.</param>
/// <param name="Unfinished">Ids of jobs that had no result yet, and can't be recovered.</param>
/// <param name="Failed">Jobs whose results are damaged.</param>
internal sealed record RecoveryDocument(
    bool DryRun,
    IReadOnlyList<string> Recovered,
    int Known,
    IReadOnlyList<string> Unfinished,
    IReadOnlyList<FailedRecovery> Failed
);
