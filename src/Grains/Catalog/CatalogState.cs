using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Grains.Catalog;

/// <summary>All jobs' lines, by id: about 150 bytes a job, so ten thousand of them stay a small row.</summary>
[GenerateSerializer, Alias("oneshot.CatalogState")]
internal sealed record CatalogState
{
    [Id(0)]
    public ImmutableDictionary<string, JobSummary> Jobs { get; init; } = ImmutableDictionary<string, JobSummary>.Empty;
}
