using System.Collections.Immutable;
using OrleansOneShot.Contracts.Jobs;

namespace OrleansOneShot.Grains.Catalog;

/// <summary>All jobs' lines, about 150 bytes a job, so ten thousand of them stay a small row. A list: Orleans' JSON serializer can't read immutable dictionaries.</summary>
[GenerateSerializer, Alias("oneshot.CatalogState")]
internal sealed record CatalogState
{
    [Id(0)]
    public ImmutableArray<JobSummary> Jobs { get; init; } = [];
}
