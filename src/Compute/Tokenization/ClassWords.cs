using System.Text.RegularExpressions;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>Prompts with class words in the place of identifiers: what a model is asked that has learned none.</summary>
public static partial class ClassWords
{
    /// <summary>Puts a class name in the place of each <c>&lt;identifier&gt;</c>, known or not.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="className">The class name; null takes what the identifier itself says.</param>
    /// <returns>The prompt without identifiers.</returns>
    public static string InPlaceOfAll(string prompt, string? className) => Identifier().Replace(prompt, match => className ?? Said(match.Groups[1].Value));

    /// <summary>Puts class names in the place of identifiers.</summary>
    /// <param name="prompt">The prompt.</param>
    /// <param name="classes">The class name by identifier.</param>
    /// <returns>The prompt; other identifiers stay.</returns>
    public static string InPlaceOf(string prompt, IEnumerable<KeyValuePair<string, string>> classes)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        // Longest first: one may be a part of another.
        return classes
            .OrderByDescending(pair => pair.Key.Length)
            .Aggregate(prompt, (text, pair) => text.Replace(pair.Key, pair.Value, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>What an identifier says of its object: "dog" of <c>&lt;dog-2&gt;</c>, the second dog of a photo.</summary>
    /// <param name="identifier">The identifier, with its brackets.</param>
    public static string Of(string identifier)
    {
        ArgumentNullException.ThrowIfNull(identifier);
        return Said(identifier.Trim('<', '>'));
    }

    private static string Said(string name) => LaterNumber().Replace(name, "").Replace('-', ' ').Replace('_', ' ').Trim();

    [GeneratedRegex("<([^<>\\s:]{1,30})>")]
    private static partial Regex Identifier();

    [GeneratedRegex("-[0-9]+$")]
    private static partial Regex LaterNumber();
}
