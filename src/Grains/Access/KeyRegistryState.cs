using System.Collections.Immutable;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Grains.Access;

/// <summary>All keys, in one row: a change is seen whole or not at all. Ten thousand of them take some 3 MB.</summary>
[GenerateSerializer, Alias("oneshot.KeyRegistryState")]
internal sealed record KeyRegistryState
{
    /// <summary>The keys, oldest first.</summary>
    [Id(0)]
    public ImmutableArray<KeyRecord> Keys { get; init; } = [];
}

/// <summary>What is stored of a key.</summary>
/// <param name="Key">What is told of it, without its last use.</param>
/// <param name="Hash">SHA-256 of its secret.</param>
/// <param name="Lifetime">How long after it was made it was to expire at first; null: never.</param>
[GenerateSerializer, Immutable, Alias("oneshot.KeyRecord")]
internal sealed record KeyRecord([property: Id(0)] KeyDocument Key, [property: Id(1)] byte[] Hash, [property: Id(2)] TimeSpan? Lifetime);

/// <summary>When keys were last used: a row of its own, so that a write of it that fails or comes late is no matter for the keys.</summary>
[GenerateSerializer, Alias("oneshot.KeyUsesState")]
internal sealed record KeyUsesState
{
    /// <summary>The uses, in no order.</summary>
    [Id(0)]
    public ImmutableArray<KeyUse> Uses { get; init; } = [];
}

/// <summary>When a key was last used.</summary>
/// <param name="Id">The key's id.</param>
/// <param name="Last">When, UTC.</param>
[GenerateSerializer, Immutable, Alias("oneshot.KeyUse")]
internal sealed record KeyUse([property: Id(0)] string Id, [property: Id(1)] DateTimeOffset Last);
