using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Options;

/// <summary>A row of a comparison's table: a method, ours with a part of it left out, or a method with other options.</summary>
/// <param name="Id">What the command line and files call it; letters and '-'.</param>
/// <param name="Title">What reports call it.</param>
/// <param name="Options">The method's options.</param>
/// <param name="Figure">Of an ablation: the paper's figure of it.</param>
internal sealed record ComparedMethod(string Id, string Title, MethodOptions Options, string? Figure = null)
{
    /// <summary>The row that all others are compared with.</summary>
    public const string ReferenceId = "ours";

    /// <summary>The word for all rows.</summary>
    public const string Everything = "all";

    /// <summary>What is compared where nothing is said: the methods, without ablations.</summary>
    public const string Usual = "ours,lora,textual-inversion,dreambooth";

    /// <summary>All rows there are, in the order of tables.</summary>
    public static IReadOnlyList<ComparedMethod> All { get; } =
    [
        new(ReferenceId, "ours", new MethodOptions()),
        new("lora", "plain LoRA", new MethodOptions { Name = TrainingMethod.Lora }),
        new("textual-inversion", "Textual Inversion", new MethodOptions { Name = TrainingMethod.TextualInversion }),
        new("dreambooth", "DreamBooth", new MethodOptions { Name = TrainingMethod.Dreambooth }),
        new("ours-no-prototype", "ours without prototype", new MethodOptions { Prototype = false }, "fig. 5"),
        new("ours-no-class-loss", "ours without class loss", new MethodOptions { ClassLoss = false }, "fig. 7"),
        new("ours-no-object-loss", "ours without object loss", new MethodOptions { ObjectLoss = false }, "fig. 8"),
    ];

    /// <summary>Of a variant: what it changes.</summary>
    public VariantChange? Change { get; init; }

    /// <summary>The row whose tuned settings it takes: its own, or that which it differs from in one thing.</summary>
    public string SettingsId =>
        Change is { } change ? change.BaseId
        : IsAblation ? ReferenceId
        : Id;

    /// <summary>Whether it is ours with a part left out. It differs from ours in that part alone, so it takes what was chosen for ours.</summary>
    public bool IsAblation => Figure is not null;

    /// <summary>Reads <c>all</c>, or ids after commas.</summary>
    /// <param name="text">The text.</param>
    /// <returns>Rows in the order of tables, each once; ours is among them.</returns>
    /// <exception cref="InvalidInputException">A word is no method, or ours is missing.</exception>
    public static IReadOnlyList<ComparedMethod> Parse(string text)
    {
        string[] words = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var known = All.Select(method => method.Id).Prepend(Everything).ToList();
        if (words.FirstOrDefault(word => !known.Contains(word)) is { } other)
        {
            var meant = NearestWord.Of(other, [.. known]) is { } near ? $" Did you mean {near}?" : "";
            throw new InvalidInputException(
                $"--methods: {Wording.Cut(other, Wording.LongestItem)} is none.{meant}",
                "methods",
                $"Take {Everything}, or some of {string.Join(", ", known.Skip(1))}."
            );
        }

        var chosen = words.Contains(Everything) ? All : [.. All.Where(method => words.Contains(method.Id))];
        return chosen.Any(method => method.Id == ReferenceId)
            ? chosen
            : throw new InvalidInputException(
                $"--methods {text} lacks {ReferenceId}, with which all others are compared.",
                "methods",
                $"Write {ReferenceId},{text.Trim(',', ' ')}."
            );
    }
}
