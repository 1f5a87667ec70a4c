using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Estimates;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>How long jobs take, by those that have ended (key: 0).</summary>
[Alias("oneshot.IEstimatorGrain")]
public interface IEstimatorGrain : IGrainWithIntegerKey
{
    /// <summary>A run has come to its end.</summary>
    /// <param name="profile">What kind of job it was.</param>
    /// <param name="device">Kind of device, "cpu" or "cuda".</param>
    /// <param name="run">What it took.</param>
    /// <returns>When noted; it is stored a little later, and may be lost.</returns>
    [Alias("Record")]
    Task Record(string profile, string device, RunDurations run);

    /// <summary>What the latest runs took.</summary>
    /// <param name="profile">What kind of job.</param>
    /// <returns>By kind of device; empty: nothing is known.</returns>
    [Alias("GetExperience"), ReadOnly, AlwaysInterleave]
    Task<ImmutableArray<RunExperience>> GetExperience(string profile);

    /// <summary>What a job would take, and when it would start, if it came now. Nothing is created.</summary>
    /// <param name="request">The job's request.</param>
    /// <returns>The estimate, without what its owner has to upload first.</returns>
    /// <exception cref="OneShotException">invalid_input: it would be refused, or its model is nowhere.</exception>
    [Alias("Estimate"), ReadOnly, AlwaysInterleave]
    Task<ImplantationEstimate> Estimate(ImplantationRequest request);
}
