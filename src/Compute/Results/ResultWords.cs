using System.Globalization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Results;

/// <summary>What the documents of a result say alike.</summary>
internal static class ResultWords
{
    // By how much two means over a few pictures differ by chance.
    private const double Noise = 0.03;

    /// <summary>A cosine for people.</summary>
    /// <param name="cosine">The cosine.</param>
    public static string Cosine(double cosine) => cosine.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>How like an object its pictures are: <c>like this cat: 0.61; any cat: 0.51</c>.</summary>
    /// <param name="one">The object.</param>
    /// <returns>Null where it was not measured.</returns>
    public static string? Likeness(ResultObject one) =>
        one.Likeness is not { } like ? null
        : one.PlainLikeness is { } plain ? $"like this {one.Class}: {Cosine(like)}; any {one.Class}: {Cosine(plain)}"
        : $"like this {one.Class}: {Cosine(like)}";

    /// <summary>What to think of an object's likeness, and to do about it.</summary>
    /// <param name="one">The object.</param>
    /// <returns>A sentence; null where there is nothing to compare.</returns>
    public static string? Verdict(ResultObject one) =>
        one.Likeness is not { } like || one.PlainLikeness is not { } plain ? null
        : like - plain > Noise ? $"The pictures are nearer to this {one.Class} than what the model draws for the plain word."
        : like - plain > -Noise
            ? $"The pictures are about as near to this {one.Class} as what the model draws for the plain word. Look at them: where they are "
                + "not like the photo, more steps (--steps) or a higher learning rate (--lr) may help."
        : $"The pictures are farther from this {one.Class} than what the model draws for the plain word. Look at them: where they are worn out, fewer steps "
            + "(--steps) or a lower learning rate (--lr) may help.";

    /// <summary>Names joined for a sentence: <c>a</c>, <c>a and b</c>, <c>a, b and c</c>.</summary>
    /// <param name="names">The names, at least one.</param>
    public static string And(IReadOnlyList<string> names) => names.Count == 1 ? names[0] : $"{string.Join(", ", names.Take(names.Count - 1))} and {names[^1]}";

    /// <summary>What was done, in a few words: <c>100 steps at 64 x 64 pixels, rank 4, 4 vectors a word, seed 1</c>.</summary>
    /// <param name="summary">The result.</param>
    public static string Training(ResultSummary summary)
    {
        var options = summary.Options;
        var vectors = options.Vectors == 1 ? "1 vector" : string.Create(CultureInfo.InvariantCulture, $"{options.Vectors} vectors");
        var lora = options.Dora ? "DoRA" : "LoRA";
        var trained = options.Method switch
        {
            TrainingMethod.Lora => string.Create(CultureInfo.InvariantCulture, $"plain {lora} of rank {options.Rank}"),
            TrainingMethod.TextualInversion => $"Textual Inversion, {vectors} a word",
            TrainingMethod.Dreambooth => string.Create(
                CultureInfo.InvariantCulture,
                $"DreamBooth, all weights of the UNet, {options.ClassPictures} class pictures"
            ),
            _ => string.Create(CultureInfo.InvariantCulture, $"{lora} of rank {options.Rank}, {vectors} a word"),
        };
        var steps = options.Steps == 1 ? "1 step" : string.Create(CultureInfo.InvariantCulture, $"{options.Steps} steps");
        return string.Create(CultureInfo.InvariantCulture, $"{steps} at {options.Resolution} x {options.Resolution} pixels, {trained}, seed {options.Seed}");
    }

    /// <summary>A prompt to try: the first that was drawn and names an object, else one that names all.</summary>
    /// <param name="summary">The result.</param>
    public static string Example(ResultSummary summary) =>
        summary
            .Pictures.Select(picture => picture.Prompt)
            .Concat(summary.Options.Prompts)
            .FirstOrDefault(prompt => summary.Objects.Any(one => prompt.Contains(one.Token, StringComparison.OrdinalIgnoreCase)))
        ?? $"a photo of {string.Join(" and ", summary.Objects.Select(one => one.Token))}";

    /// <summary>A prompt with other words in place of the identifiers.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="summary">The result.</param>
    /// <param name="word">The word of an object.</param>
    public static string With(string prompt, ResultSummary summary, Func<ResultObject, string> word)
    {
        // Longest first, so that <cat-2> is not taken for <cat>.
        foreach (var one in summary.Objects.OrderByDescending(one => one.Token.Length))
        {
            prompt = prompt.Replace(one.Token, word(one), StringComparison.OrdinalIgnoreCase);
        }

        return prompt;
    }
}
