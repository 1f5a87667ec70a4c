using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Contracts.Requests;

/// <summary>
/// One implantation: a photo, one or more masked objects, and how to train and sample. Files are named by the SHA-256 of their bytes (uploaded first), models
/// by name: a request never holds a path. Options left null take the model's defaults (<c>oneshot.json</c>), else those of the method; the manifest records
/// what was used.
/// </summary>
[GenerateSerializer, Immutable, Alias("oneshot.ImplantationRequest")]
public sealed record ImplantationRequest
{
    /// <summary>Name of the result, 1 to 64 letters, digits, '-', '_' or '.'; file names of the result start with it.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Who pays for the job; fairness is between owners.</summary>
    [Id(1)]
    public string Owner { get; init; } = "local";

    /// <summary>Priority among the owner's jobs; higher runs first.</summary>
    [Id(2), Range(-100, 100)]
    public int Priority { get; init; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    [Id(3), Range(typeof(long), "0", "9223372036854775807")]
    [Option("--seed", "Seed of everything random.")]
    public long Seed { get; init; }

    /// <summary>SHA-256 of the photo's bytes, 64 lower-case hexadecimal digits.</summary>
    [Id(4)]
    public required string Image { get; init; }

    /// <summary>The objects, at least one.</summary>
    [Id(5)]
    public required ImmutableArray<ObjectSpec> Objects { get; init; }

    /// <summary>The base model.</summary>
    [Id(6)]
    public required ModelReference Model { get; init; }

    /// <summary>Options of the method.</summary>
    [Id(7)]
    public MethodOptions Method { get; init; } = new();

    /// <summary>Options of the training.</summary>
    [Id(8)]
    public TrainingOptions Training { get; init; } = new();

    /// <summary>The pictures to draw at the end.</summary>
    [Id(9)]
    public SampleOptions Samples { get; init; } = new();
}

/// <summary>A base model by the names under which silos know it.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ModelReference")]
public sealed record ModelReference
{
    /// <summary>Name of the base model, such as "toyworld-64".</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>Name of the CLIP for the joint space; null takes the one in the base model's folder.</summary>
    [Id(1)]
    public string? Clip { get; init; }
}

/// <summary>One object of the photo.</summary>
[GenerateSerializer, Immutable, Alias("oneshot.ObjectSpec")]
public sealed record ObjectSpec
{
    /// <summary>Class name, such as "cat" or "teddy bear".</summary>
    [Id(0)]
    public required string Class { get; init; }

    /// <summary>Identifier token, such as "&lt;cat&gt;".</summary>
    [Id(1)]
    public required string Token { get; init; }

    /// <summary>SHA-256 of the mask file's bytes.</summary>
    [Id(2)]
    public required string Mask { get; init; }
}
