using System.Collections.Immutable;
using OrleansOneShot.Client.Jobs;
using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Client.Implantations;

/// <summary>A job to submit: a photo, its objects, and what to draw with them. What is left out takes its default.</summary>
/// <param name="image">The photo: the path of a file, or bytes (<see cref="InputFile.Of"/>).</param>
public sealed class Implantation(InputFile image)
{
    // Stands for files that are not uploaded yet, so that all the rest can be checked before they are.
    private static readonly string s_noHash = new('0', 64);

    /// <summary>The photo.</summary>
    public InputFile Image { get; } = image ?? throw new ArgumentNullException(nameof(image));

    /// <summary>The objects of the photo, at least one.</summary>
    public required IReadOnlyList<ImplantationObject> Objects { get; init; }

    /// <summary>Pictures to draw afterwards, such as "a &lt;cat&gt; on the beach"; empty: each object on a few scenes.</summary>
    public IReadOnlyList<string> Prompts { get; init; } = [];

    /// <summary>Name of the base model on the server.</summary>
    public string Model { get; init; } = Defaults.Model;

    /// <summary>Name of the CLIP for the joint space; null takes the base model's own.</summary>
    public string? Clip { get; init; }

    /// <summary>Name of the result, with which its files begin; null: made of the objects' tokens.</summary>
    public string? Name { get; init; }

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Priority among the caller's jobs, -100 to 100; higher runs first.</summary>
    public int Priority { get; init; }

    /// <summary>What the caller wants to find the job by: at most <see cref="JobMetadata.Most"/> short texts.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = JobMetadata.None();

    /// <summary>Options of the method.</summary>
    public MethodOptions Method { get; init; } = new();

    /// <summary>Options of the training.</summary>
    public TrainingOptions Training { get; init; } = new();

    /// <summary>How pictures are drawn; prompts of its own are replaced by <see cref="Prompts"/>, unless those are empty.</summary>
    public SampleOptions Samples { get; init; } = new();

    /// <summary>Under the same key there is one job, however often it is submitted; null makes a key for this call.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>The request, checked, with hashes that stand for files not uploaded yet.</summary>
    /// <param name="name">Name of the result where the job has none; null: made of the objects' tokens.</param>
    /// <returns>The request.</returns>
    /// <exception cref="OneShotException">invalid_input: every field that can't be used.</exception>
    internal ImplantationRequest ToRequest(string? name = null)
    {
        var tokens = ChooseTokens();
        var request = new ImplantationRequest
        {
            Name = Name ?? name ?? Identifier.NameOf(tokens),
            Image = s_noHash,
            Objects =
            [
                .. Objects.Select(
                    (item, i) =>
                        new ObjectSpec
                        {
                            Class = item.Class,
                            Token = tokens[i],
                            Mask = item.Mask is null ? null : s_noHash,
                            Box = item.Box,
                        }
                ),
            ],
            Model = new ModelReference { Name = Model, Clip = Clip },
            Seed = Seed,
            Priority = Priority,
            Metadata = Metadata,
            Method = Method,
            Training = Training,
            Samples = Prompts.Count == 0 ? Samples : Samples with { Prompts = [.. Prompts] },
        };
        ImmutableArray<SettingProblem> problems = [.. RequestValidator.Find(request)];
        return problems.IsEmpty ? request : throw RequestProblems.Refuse(problems);
    }

    private List<string> ChooseTokens()
    {
        // Learned tokens match whatever the case, so two that differ in case alone would be one.
        var taken = Objects.Select(item => item.Token).OfType<string>().ToHashSet(StringComparer.OrdinalIgnoreCase);
        return
        [
            .. Objects.Select(
                (item, i) =>
                    item.Token
                    ?? (Identifier.Of(item.Class ?? "") is { } token ? Identifier.Free(token, taken) : null)
                    ?? throw new OneShotException(
                        new ErrorDetail(
                            ErrorCodes.InvalidInput,
                            $"No identifier can be made of the class name '{item.Class}'.",
                            FormattableString.Invariant($"objects[{i}].token"),
                            "Give one, such as \"<object>\"."
                        )
                    )
            ),
        ];
    }
}

/// <summary>An object of the photo, by a mask or by a box around it.</summary>
/// <param name="Class">Class name, such as "cat" or "teddy bear".</param>
/// <param name="Mask">
/// A picture that is white where the object is: the path of a file, or bytes (<see cref="InputFile.Of"/>); null: there is a <see cref="Box"/>.
/// </param>
/// <param name="Token">How prompts call it, such as "&lt;cat&gt;"; null: made of the class name.</param>
public sealed record ImplantationObject(string Class, InputFile? Mask = null, string? Token = null)
{
    /// <summary>
    /// In place of a mask: left, top, width and height, in pixels of the upright photo, of a box around the whole object, of which the server makes a mask.
    /// </summary>
    public ImmutableArray<int>? Box { get; init; }
}
