using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Tokenization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Cli.Validation;

/// <summary>Class names, and the identifier that each gives by default.</summary>
internal static class ClassName
{
    /// <summary>Checks a class name.</summary>
    /// <param name="text">What was given.</param>
    /// <returns>The name with single spaces, its letters and marks composed.</returns>
    /// <exception cref="InvalidInputException">Empty, too long, or made of other things than words.</exception>
    public static string Check(string text)
    {
        var name = string.Join(' ', LatinLetters.Compose(text).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (name.Length == 0)
        {
            throw new InvalidInputException("The class name is empty.", "class", "Say what the object is, such as \"cat\" or \"teddy bear\".");
        }

        if (name.Length > TextRules.Class)
        {
            throw new InvalidInputException(
                $"The class name has {name.Length} characters; at most {TextRules.Class} are allowed.",
                "class",
                "Say what the object is in a word or two."
            );
        }

        var at = 0;
        foreach (var rune in name.EnumerateRunes())
        {
            if (!LatinLetters.IsOfWord(rune) && rune.Value is not (' ' or '-' or '\''))
            {
                throw new InvalidInputException(
                    $"The class name '{name}' holds '{Wording.CharacterAt(name, at)}'; only letters, digits, spaces, - and ' are allowed.",
                    "class"
                );
            }

            at += rune.Utf16SequenceLength;
        }

        return name;
    }

    /// <summary>The identifier of a class: its name in lower case and ASCII, with '-' for spaces.</summary>
    /// <param name="name">A checked class name.</param>
    /// <returns>A token in angle brackets; null if nothing of the name can be written in ASCII.</returns>
    public static string? DefaultToken(string name) => IdentifierName.Of(name);
}
