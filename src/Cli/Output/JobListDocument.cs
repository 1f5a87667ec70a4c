using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Cli.Output;

/// <summary>A page of jobs.</summary>
/// <param name="Jobs">The jobs, newest first.</param>
/// <param name="Next">Where the next page begins; null at the end.</param>
internal sealed record JobListDocument(IReadOnlyList<JobSummary> Jobs, string? Next);
