using System.Collections.Immutable;

namespace OrleansOneShot.Grains.Paging;

/// <summary>One of the rows over which a grain spreads a long list.</summary>
/// <typeparam name="T">What the list holds.</typeparam>
[GenerateSerializer, Alias("oneshot.Page`1")]
internal sealed record Page<T>
{
    [Id(0)]
    public ImmutableArray<T> Items { get; init; } = [];
}
