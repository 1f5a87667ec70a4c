using System.ComponentModel.DataAnnotations;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Datasets;

/// <summary>A dataset run to make: many implantations under one name. Its items are added afterwards, in batches, while the first run already.</summary>
public sealed record DatasetRunRequest
{
    /// <summary>What its owner calls it, 1 to 64 letters, digits, '-', '_' or '.'.</summary>
    [FieldNumber(0)]
    public required string Name { get; init; }

    /// <summary>Who pays for its jobs; fairness is between owners.</summary>
    [FieldNumber(1)]
    public string Owner { get; init; } = "local";

    /// <summary>Priority of its jobs among the owner's; higher runs first.</summary>
    [FieldNumber(2), Range(-100, 100)]
    public int Priority { get; init; }

    /// <summary>Most jobs at once; null: as many as there are slots, and one that waits.</summary>
    [FieldNumber(3), Range(1, DatasetRules.MostParallel)]
    public int? Parallel { get; init; }

    /// <summary>How many items there will be. The run has finished when so many were added and all of them have ended.</summary>
    [FieldNumber(4), Range(1, DatasetRules.MostItems)]
    public required int Items { get; init; }

    /// <summary>What its owner wants to find the run and its jobs by, <see cref="DatasetRules.MostMetadata"/> pairs at most.</summary>
    [FieldNumber(5)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();
}
