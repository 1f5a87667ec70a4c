using System.Text;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>A model folder's own defaults, <c>oneshot.json</c>. Unknown fields are passed over.</summary>
public static class ModelDefaultsFile
{
    private const string Name = "oneshot.json";

    // Fields that came in with the versions whose runs keep their defaults, or later: runs of before never had them from here.
    private static readonly string[] s_kept = ["min_snr_gamma", "mask_normalisation", "token_learning_rate", "augment", "mask_dilate", "mask_feather"];

    /// <summary>Reads and checks a file.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The defaults, each within the limits of the option that it stands in for.</returns>
    /// <exception cref="InvalidInputException">No JSON, a wrong type, or a value outside its range; the message names the field.</exception>
    public static ModelDefaults Read(string path) => Parse(ReadText(path));

    /// <summary>Reads a file's text.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The text, whose bytes in UTF-8 are the file's.</returns>
    /// <exception cref="InvalidInputException">It can't be read, is larger than <see cref="ModelDefaults.MaxBytes"/>, or is no JSON object.</exception>
    public static string ReadText(string path)
    {
        var bytes = ConfigFile.ReadBytes(path, Name, ModelDefaults.MaxBytes);
        // Before it becomes a text, in which bytes that are none would be others.
        _ = ConfigFile.Parse(bytes, Name);
        return Encoding.UTF8.GetString(bytes);
    }

    /// <summary>Reads and checks a file's text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The defaults, each within the limits of the option that it stands in for.</returns>
    /// <exception cref="InvalidInputException">No JSON, a wrong type, or a value outside its range; the message names the field.</exception>
    public static ModelDefaults Parse(string text)
    {
        var file = ConfigFile.Parse(Encoding.UTF8.GetBytes(text), Name);
        var defaults = file.As<ModelDefaults>();
        if (defaults.Numbers.FirstOrDefault(number => number.Value is { } value && !number.Range.Holds(value)) is { Field: { } field } bad)
        {
            throw file.Invalid(field, FormattableString.Invariant($"{bad.Value}"), bad.Range.Words);
        }

        if (defaults.Words.FirstOrDefault(one => one.Word is { } word && !one.Setting.Words.Contains(word)) is { Field: { } wrong } other)
        {
            throw file.Invalid(wrong, $"\"{other.Word}\"", string.Join(" or ", other.Setting.Words.Select(word => $"\"{word}\"")));
        }

        if (defaults.Augmentations.FirstOrDefault(one => one.Words is { } words && AugmentationWords.Read(words) is null) is { Field: { } unknown } augment)
        {
            throw file.Invalid(unknown, $"\"{augment.Words}\"", AugmentationWords.Choices);
        }

        if (defaults.PromptTemplate is { } template && (template.Length > TextRules.Prompt || !template.Contains("{}", StringComparison.Ordinal)))
        {
            throw file.Invalid(
                "prompt_template",
                template.Length > TextRules.Prompt ? $"a text of {template.Length} characters" : $"\"{template}\"",
                $"a text of at most {TextRules.Prompt} characters with {{}} where the tokens go"
            );
        }

        return defaults;
    }

    /// <summary>The file without its <c>methods</c>, byte by byte what it is or was without them: what they decide is in a run's options.</summary>
    /// <param name="utf8">The file.</param>
    /// <returns>The rest of it; all of it where there are none, or where it is no JSON.</returns>
    internal static byte[] WithoutMethods(byte[] utf8) => JsonText.Without(utf8, "methods");

    /// <summary>
    /// The text without the fields that versions did not know whose runs did not keep their defaults, else character by character what it is.
    /// </summary>
    /// <param name="text">The text.</param>
    internal static string OfEarlierVersions(string text) =>
        Encoding.UTF8.GetString(s_kept.Aggregate(Encoding.UTF8.GetBytes(text), (utf8, field) => JsonText.Without(utf8, field)));
}
