using System.Collections.Immutable;

namespace OrleansOneShot.Documents.Jobs;

/// <summary>
/// Values that are equal one by one, kept by records whose equality would else ask whether their arrays are the same object. No values and nothing said are
/// equal.
/// </summary>
/// <typeparam name="T">What is held.</typeparam>
/// <param name="items">The values; empty or default for none.</param>
internal readonly struct ValueArray<T>(ImmutableArray<T> items) : IEquatable<ValueArray<T>>
{
    /// <summary>The values; default for none.</summary>
    public ImmutableArray<T> Items { get; } = items.IsDefaultOrEmpty ? default : items;

    /// <inheritdoc/>
    public bool Equals(ValueArray<T> other) =>
        Items.IsDefault || other.Items.IsDefault
            ? Items.IsDefault == other.Items.IsDefault
            : Items.AsSpan().SequenceEqual(other.Items.AsSpan(), comparer: null);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ValueArray<T> other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.IsDefault ? 0 : HashCode.Combine(Items.Length, Items[0]);
}
