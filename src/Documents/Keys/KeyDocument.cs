using System.Collections.Immutable;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Keys;

/// <summary>What is told of a key. Neither its secret nor what is stored of it.</summary>
public sealed record KeyDocument
{
    /// <summary>The key's id: the part of its text that is no secret.</summary>
    [FieldNumber(0)]
    public required string Id { get; init; }

    /// <summary>What its owner calls it.</summary>
    [FieldNumber(1)]
    public required string Name { get; init; }

    /// <summary>Who calls with it: the owner of all that is made with it.</summary>
    [FieldNumber(2)]
    public required string Owner { get; init; }

    /// <summary>What it allows, of <see cref="KeyScopes.All"/>.</summary>
    [FieldNumber(3)]
    public required ImmutableArray<string> Scopes { get; init; }

    /// <summary>When it was made, UTC.</summary>
    [FieldNumber(4)]
    public required DateTimeOffset Created { get; init; }

    /// <summary>From when on it is refused, UTC; null: never.</summary>
    [FieldNumber(5)]
    public DateTimeOffset? Expires { get; init; }

    /// <summary>When it was last used, UTC, as far as is known: after a crash a minute may be missing. Null: never.</summary>
    [FieldNumber(6)]
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>When it was revoked, UTC; null: it was not.</summary>
    [FieldNumber(7)]
    public DateTimeOffset? Revoked { get; init; }

    /// <summary>Whether it is accepted.</summary>
    /// <param name="now">The time.</param>
    /// <returns>True if it is neither revoked nor expired.</returns>
    public bool IsLive(DateTimeOffset now) => Revoked is null && !(Expires <= now);
}

/// <summary>A key that was just made: the only time that its text is told. It does not show it by itself.</summary>
/// <param name="Key">The key.</param>
/// <param name="Secret">Its whole text, <c>os1_&lt;id&gt;_&lt;secret&gt;</c>, as calls carry it.</param>
public sealed record NewKey([property: FieldNumber(0)] KeyDocument Key, [property: FieldNumber(1)] string Secret)
{
    /// <summary>The key without its secret: whatever logs a call's answer writes this.</summary>
    /// <returns>Its id and owner.</returns>
    public override string ToString() => $"key {Key.Id} of {Key.Owner}";
}
