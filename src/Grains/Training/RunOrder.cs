using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Grains.Training;

/// <summary>What a run is to do.</summary>
/// <param name="Request">What was asked for.</param>
internal sealed record RunOrder(IJobRequest Request)
{
    /// <summary>Where an implantation goes on; a generation always begins.</summary>
    public ResumePoint Resume { get; init; } = ResumePoint.Beginning;

    /// <summary>The implantations that a generation names, in its order.</summary>
    public ImmutableArray<GenerationSource> Sources { get; init; } = [];

    /// <summary>The job's trace, as W3C's traceparent; null: it has none.</summary>
    public string? Trace { get; init; }
}
