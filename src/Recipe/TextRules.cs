namespace OrleansOneShot.Recipe;

/// <summary>Limits and forms of what users write in words.</summary>
public static class TextRules
{
    /// <summary>Longest prompt, in UTF-16 units.</summary>
    public const int Prompt = 1000;

    /// <summary>Most prompts of a request.</summary>
    public const int Prompts = 256;

    /// <summary>Longest class name: a word or two.</summary>
    public const int Class = 64;

    /// <summary>Longest identifier of an object, with its brackets.</summary>
    public const int Identifier = 32;

    /// <summary>Longest name of a result, a model or a job.</summary>
    public const int Name = 64;

    /// <summary>Longest name of an owner.</summary>
    public const int Owner = 200;

    /// <summary>Most objects of a photo.</summary>
    public const int Objects = 32;

    /// <summary>The form of a name, in words.</summary>
    public static string NameForm { get; } = FormattableString.Invariant($"1 to {Name} letters, digits, '-', '_' or '.'");

    /// <summary>
    /// Whether a text can name a result, a model or a job: ASCII letters, digits, '-', '_' and '.', the first a letter or a digit. It is safe as a file's name.
    /// </summary>
    /// <param name="text">The text.</param>
    public static bool IsName(string? text) =>
        text is { Length: >= 1 and <= Name } && char.IsAsciiLetterOrDigit(text[0]) && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
