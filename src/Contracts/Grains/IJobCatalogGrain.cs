using Orleans.Concurrency;
using OrleansOneShot.Documents.Jobs;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>The list of all jobs (key: 0), by owner, state and time, in pages.</summary>
[Alias("oneshot.IJobCatalogGrain")]
public interface IJobCatalogGrain : IGrainWithIntegerKey
{
    /// <summary>Adds or replaces a job's line.</summary>
    /// <param name="summary">The line.</param>
    /// <returns>When durable.</returns>
    [Alias("Put")]
    Task Put(JobSummary summary);

    /// <summary>Takes a job's line out; one that is not there is fine.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>When durable.</returns>
    [Alias("Remove")]
    Task Remove(string jobId);

    /// <summary>A page of jobs, newest first.</summary>
    /// <param name="query">Which.</param>
    /// <returns>The page.</returns>
    /// <exception cref="Documents.Errors.OneShotException">
    /// invalid_input: a cursor that no page gave, a page size out of range, or metadata that no job can have.
    /// </exception>
    [Alias("List"), ReadOnly, AlwaysInterleave]
    Task<JobPage> List(JobQuery query);
}
