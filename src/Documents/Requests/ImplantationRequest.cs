using System.Collections.Immutable;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Documents.Requests;

/// <summary>
/// One implantation: a photo, one or more masked objects, and how to train and sample. Files are named by the SHA-256 of their bytes (uploaded first), models
/// by name: a request never holds a path. Options left null take the model's defaults (<c>oneshot.json</c>), else those of the method; the manifest records
/// what was used.
/// </summary>
public sealed record ImplantationRequest : IJobRequest
{
    /// <summary>Name of the result, 1 to 64 letters, digits, '-', '_' or '.'; file names of the result start with it.</summary>
    [FieldNumber(0)]
    public required string Name { get; init; }

    /// <summary>Who pays for the job; fairness is between owners.</summary>
    [FieldNumber(1)]
    public string Owner { get; init; } = "local";

    /// <summary>Priority among the owner's jobs; higher runs first.</summary>
    [FieldNumber(2), Range(-100, 100)]
    public int Priority { get; init; }

    /// <summary>Seed of everything that is drawn at random.</summary>
    [FieldNumber(3), Range(typeof(long), "0", "9223372036854775807")]
    [Option("--seed", "Seed of everything random.")]
    public long Seed { get; init; }

    /// <summary>SHA-256 of the photo's bytes, 64 lower-case hexadecimal digits.</summary>
    [FieldNumber(4)]
    public required string Image { get; init; }

    /// <summary>The objects, at least one.</summary>
    [FieldNumber(5)]
    public required ImmutableArray<ObjectSpec> Objects { get; init; }

    /// <summary>The base model.</summary>
    [FieldNumber(6)]
    public required ModelReference Model { get; init; }

    /// <summary>Options of the method.</summary>
    [FieldNumber(7)]
    public MethodOptions Method { get; init; } = new();

    /// <summary>Options of the training.</summary>
    [FieldNumber(8)]
    public TrainingOptions Training { get; init; } = new();

    /// <summary>The pictures to draw at the end.</summary>
    [FieldNumber(9)]
    public SampleOptions Samples { get; init; } = new();

    /// <summary>
    /// What its owner wants to find the job by, <see cref="JobMetadata.Most"/> pairs at most: names as keys, short texts as values. It changes nothing of the
    /// result. (Left out of request.json where there is none, as earlier versions write it.)
    /// </summary>
    [FieldNumber(10)]
    public IReadOnlyDictionary<string, string> Metadata
    {
        get;
        init => field = JobMetadata.Ordered(value);
    } = JobMetadata.None();

    /// <summary>The files that it names, by its fields.</summary>
    /// <returns>The photo, then the mask of each object that has one.</returns>
    public IEnumerable<(string Field, string Sha256)> Inputs() =>
        [("image", Image), .. Objects.Select((item, i) => ($"objects[{i}].mask", item.Mask!)).Where(input => input.Item2 is not null)];
}

/// <summary>A base model by the names under which silos know it.</summary>
public sealed record ModelReference
{
    /// <summary>Name of the base model, such as "toyworld-64".</summary>
    [FieldNumber(0)]
    public required string Name { get; init; }

    /// <summary>Name of the CLIP for the joint space; null takes the one in the base model's folder.</summary>
    [FieldNumber(1)]
    public string? Clip { get; init; }
}

/// <summary>One object of the photo, by a mask or by a box around it.</summary>
public sealed record ObjectSpec
{
    /// <summary>Class name, such as "cat" or "teddy bear".</summary>
    [FieldNumber(0)]
    public required string Class { get; init; }

    /// <summary>Identifier token, such as "&lt;cat&gt;".</summary>
    [FieldNumber(1)]
    public required string Token { get; init; }

    /// <summary>SHA-256 of the mask file's bytes; null: there is a box.</summary>
    [FieldNumber(2), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Mask { get; init; }

    /// <summary>
    /// In place of a mask: left, top, width and height, in pixels of the upright photo, of a box around the whole object, of which the job makes a mask before
    /// it trains. Null: there is a mask.
    /// </summary>
    [FieldNumber(3), Length(BoxNumbers, BoxNumbers), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ImmutableArray<int>? Box { get; init; }

    /// <summary>Numbers of a box.</summary>
    internal const int BoxNumbers = 4;
}
