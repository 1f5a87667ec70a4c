using System.Collections.Immutable;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Datasets;

/// <summary>
/// An item as it is added to a dataset run: an implantation whose files are uploaded, or the reason why there can be none. Exactly one of
/// <see cref="Request"/> and <see cref="Error"/> is given.
/// </summary>
public sealed record DatasetItem
{
    /// <summary>Its place in the run, from 0 to one less than the run's number of items. Items are begun in this order.</summary>
    [FieldNumber(0)]
    public required int Number { get; init; }

    /// <summary>Its id, a name that no other item of the run has, whatever the case: results lie in folders that are called so.</summary>
    [FieldNumber(1)]
    public required string Id { get; init; }

    /// <summary>
    /// What to do. Owner, priority and the run's metadata are filled in by the run; metadata of its own are added to those, and win.
    /// </summary>
    [FieldNumber(2)]
    public ImplantationRequest? Request { get; init; }

    /// <summary>Why nothing can be done, such as that its photo can't be read: the item fails with it, without an attempt.</summary>
    [FieldNumber(3)]
    public ErrorDetail? Error { get; init; }
}

/// <summary>Items to add to a dataset run.</summary>
/// <param name="Items">1 to <see cref="DatasetRules.MostInBatch"/> items.</param>
public sealed record DatasetBatch([property: FieldNumber(0)] ImmutableArray<DatasetItem> Items);
