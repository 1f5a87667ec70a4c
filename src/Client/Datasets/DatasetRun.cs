using System.Collections.Immutable;
using OrleansOneShot.Client.Implantations;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Documents.Datasets;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Datasets;

/// <summary>A run over many photos to make.</summary>
/// <param name="name">What its owner calls it, 1 to 64 letters, digits, '-', '_' or '.'.</param>
/// <param name="items">How many items it will have.</param>
public sealed class DatasetRun(string name, int items)
{
    /// <summary>What its owner calls it.</summary>
    public string Name { get; } = name;

    /// <summary>How many items it will have.</summary>
    public int Items { get; } = items;

    /// <summary>Most jobs at once; null: as many as there are slots, and one that waits.</summary>
    public int? Parallel { get; init; }

    /// <summary>Priority of its jobs among the caller's, -100 to 100; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>What the caller wants to find the run and its jobs by: at most <see cref="DatasetRules.MostMetadata"/> short texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = JobMetadata.None();

    /// <summary>Under the same key there is one run, however often it is made; null makes a key for this call.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The request, checked.</summary>
    /// <returns>The request.</returns>
    /// <exception cref="OneShotException">invalid_input: every field that can't be used.</exception>
    internal DatasetRunRequest ToRequest()
    {
        var request = new DatasetRunRequest
        {
            Name = Name,
            Items = Items,
            Parallel = Parallel,
            Priority = Priority,
            Metadata = Metadata,
        };
        ImmutableArray<SettingProblem> problems = [.. DatasetRules.Find(request)];
        return problems.IsEmpty ? request : throw RequestProblems.Refuse(problems);
    }
}

/// <summary>
/// An item of a run over many photos: a job to submit, or the reason why there can be none. Its result is called as the item, unless it has a name.
/// </summary>
public sealed class DatasetEntry
{
    /// <summary>An item that can be tried.</summary>
    /// <param name="number">Its place in the run, from 0.</param>
    /// <param name="id">Its id, a name that no other item of the run has, whatever the case.</param>
    /// <param name="implantation">The job. Its priority and idempotency key are not used: the run has its own.</param>
    public DatasetEntry(int number, string id, Implantation implantation)
    {
        ArgumentNullException.ThrowIfNull(implantation);
        (Number, Id, Implantation) = (number, id, implantation);
    }

    /// <summary>An item of which it is known already that it can't be: it ends as failed.</summary>
    /// <param name="number">Its place in the run, from 0.</param>
    /// <param name="id">Its id, a name that no other item of the run has, whatever the case.</param>
    /// <param name="error">Why.</param>
    public DatasetEntry(int number, string id, ErrorDetail error)
    {
        ArgumentNullException.ThrowIfNull(error);
        (Number, Id, Error) = (number, id, error);
    }

    /// <summary>Its place in the run, from 0.</summary>
    public int Number { get; }

    /// <summary>Its id.</summary>
    public string Id { get; }

    /// <summary>The job; null where there is an <see cref="Error"/>.</summary>
    public Implantation? Implantation { get; }

    /// <summary>Why there can be no job; null where there is one.</summary>
    public ErrorDetail? Error { get; }
}
