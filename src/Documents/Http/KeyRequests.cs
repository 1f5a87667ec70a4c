using System.Collections.Immutable;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Documents.Http;

/// <summary>What a new key is to be.</summary>
public sealed record KeyRequest
{
    /// <summary>Who will call with it.</summary>
    public required string Owner { get; init; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; init; }

    /// <summary>What it allows, of <see cref="KeyScopes.All"/>.</summary>
    public required ImmutableArray<string> Scopes { get; init; }

    /// <summary>From when on it is refused, UTC; left out: never.</summary>
    public DateTimeOffset? Expires { get; init; }
}

/// <summary>Keys, oldest first.</summary>
/// <param name="Items">The keys, without secrets.</param>
public sealed record KeyList(ImmutableArray<KeyDocument> Items);
