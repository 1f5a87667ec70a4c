using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>
/// What this machine knows of a run that it began: where the items come from, what they are made with, and where results go. With it <c>resume</c> and
/// <c>retry</c> need no arguments.
/// </summary>
internal sealed record RunRecord
{
    /// <summary>The run's id; null: whether it was made is not known yet.</summary>
    public string? Id { get; init; }

    /// <summary>The key under which it is made, once, however often that is tried.</summary>
    public required string Key { get; init; }

    /// <summary>What its owner calls it.</summary>
    public required string Name { get; init; }

    /// <summary>When the command began, UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>What a command line needs to mean the place where it runs, without the data folder; empty: in this folder.</summary>
    public string Place { get; init; } = "";

    /// <summary>Absolute path of the manifest; null: it is a folder.</summary>
    public string? Manifest { get; init; }

    /// <summary>Absolute path of the folder of subjects; null: it is a manifest.</summary>
    public string? DreamBooth { get; init; }

    /// <summary>Absolute path of the folder of results.</summary>
    public required string Out { get; init; }

    /// <summary>How many items it has.</summary>
    public required int Items { get; init; }

    /// <summary>Whose it is; null: the server's key says.</summary>
    public string? Owner { get; init; }

    /// <summary>Priority of its jobs.</summary>
    public int Priority { get; init; }

    /// <summary>Most jobs at once; null: as many as there are slots, and one that waits.</summary>
    public int? Parallel { get; init; }

    /// <summary>What to find the run and its jobs by.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = JobMetadata.None();

    /// <summary>The base model and its CLIP, by the names that this machine has for them.</summary>
    public required ModelReference Model { get; init; }

    /// <summary>What items train and draw with that say nothing else.</summary>
    public required ItemOptions Options { get; init; }
}
