using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Grains.Catalog;

/// <summary>Where all jobs' lines are: in pages, rows of their own.</summary>
[GenerateSerializer, Alias("oneshot.CatalogState")]
internal sealed record CatalogState
{
    /// <summary>The lines, as older versions stored them.</summary>
    [Id(0)]
    public ImmutableArray<JobSummary> Jobs { get; init; } = [];

    /// <summary>Number of pages.</summary>
    [Id(1)]
    public int Pages { get; init; }
}
