using OrleansOneShot.Cli.Validation;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>An item of a dataset, checked as far as that is possible without opening its pictures.</summary>
internal sealed record DatasetItemPlan
{
    /// <summary>Its id, which names the folder of its result.</summary>
    public required string Id { get; init; }

    /// <summary>Absolute path of its photo.</summary>
    public required string Image { get; init; }

    /// <summary>The objects, their masks' paths absolute.</summary>
    public required IReadOnlyList<ObjectArgument> Objects { get; init; }

    /// <summary>The objects' checked class names.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>The objects' identifiers.</summary>
    public required IReadOnlyList<string> Tokens { get; init; }

    /// <summary>What to train and to draw, complete.</summary>
    public required ItemOptions Options { get; init; }

    /// <summary>What its owner wants to find its job by.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>What was noticed, each a sentence.</summary>
    public required IReadOnlyList<string> Notes { get; init; }

    /// <summary>Which part of a comparison it is for; null: nothing was said.</summary>
    public ManifestSplit? Split { get; init; }
}

/// <summary>An item that can't be, and where it stands.</summary>
/// <param name="Place">Such as "line 4".</param>
/// <param name="Problem">One sentence.</param>
internal sealed record BadItem(string Place, string Problem);

/// <summary>What a manifest, or a folder, says.</summary>
/// <param name="Items">The items that can be tried, in order.</param>
/// <param name="Bad">Those that can't.</param>
internal sealed record DatasetPlan(IReadOnlyList<DatasetItemPlan> Items, IReadOnlyList<BadItem> Bad);
