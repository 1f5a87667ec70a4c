using System.Text.Json.Nodes;
using OrleansOneShot.Compute.Imaging;
using OrleansOneShot.Compute.Plots;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Results;

/// <summary>All that a result's documents tell of it. It depends on the run alone: no clock, host, path or job.</summary>
public sealed record ResultSummary
{
    /// <summary>All options as used.</summary>
    public required ImplantationOptions Options { get; init; }

    /// <summary>Name of the base model.</summary>
    public required string Model { get; init; }

    /// <summary>What the base model is one of, such as <c>Stable Diffusion 1.x</c>.</summary>
    public required string Family { get; init; }

    /// <summary>The objects, at least one.</summary>
    public required IReadOnlyList<ResultObject> Objects { get; init; }

    /// <summary>The crop that was trained on.</summary>
    public required RgbImage Photo { get; init; }

    /// <summary>How the photo became that crop, in words.</summary>
    public required string PhotoDescription { get; init; }

    /// <summary>The pictures that were drawn; empty for none.</summary>
    public IReadOnlyList<ResultPicture> Pictures { get; init; } = [];

    /// <summary>What the same model draws from the same noise for the plain class names; empty where that was not drawn.</summary>
    public IReadOnlyList<ResultPicture> PlainPictures { get; init; } = [];

    /// <summary>Text alignment of all pictures; null where it was not measured.</summary>
    public double? TextAlignment { get; init; }

    /// <summary>How near two objects' words are to each other: first word, second word, cosine.</summary>
    public IReadOnlyList<(string First, string Second, double Cosine)> Nearness { get; init; } = [];

    /// <summary>The losses.</summary>
    public required TrainingCurves Curves { get; init; }

    /// <summary>What the user should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>How it is made again; null where that is not known.</summary>
    public RepeatCommand? Command { get; init; }

    /// <summary>All options as used, as JSON; null where they are not to be listed.</summary>
    public JsonNode? Used { get; init; }
}

/// <summary>An object that was learned.</summary>
/// <param name="Class">Class name.</param>
/// <param name="Token">Identifier, such as <c>&lt;cat&gt;</c>.</param>
/// <param name="Word">The name of its embedding's file, without the extension, such as <c>oneshot-cat</c>.</param>
/// <param name="Mask">Its mask on the crop.</param>
public sealed record ResultObject(string Class, string Token, string Word, MaskImage Mask)
{
    /// <summary>The words that the identifier stands for, such as <c>sks cat</c>; null where it stands for learned vectors.</summary>
    public string? PlainWords { get; init; }

    /// <summary>Image alignment of the pictures that name it, of those with the prompts of <see cref="PlainLikeness"/>; null where not measured.</summary>
    public double? Likeness { get; init; }

    /// <summary>The same of the model's own pictures for the plain class name; null where it was not measured.</summary>
    public double? PlainLikeness { get; init; }
}

/// <summary>A picture of a result.</summary>
/// <param name="Prompt">Its prompt.</param>
/// <param name="Image">The picture.</param>
public sealed record ResultPicture(string Prompt, RgbImage Image);

/// <summary>The command that makes a result again.</summary>
/// <param name="Text">A command line for a POSIX shell.</param>
/// <param name="Files">The files that it names, whose names on the user's disk nobody knows.</param>
public sealed record RepeatCommand(string Text, IReadOnlyList<RepeatFile> Files);

/// <summary>A file of a <see cref="RepeatCommand"/>.</summary>
/// <param name="Name">What the command calls it.</param>
/// <param name="Sha256">SHA-256 of its bytes, by which it is known.</param>
public sealed record RepeatFile(string Name, string Sha256);
