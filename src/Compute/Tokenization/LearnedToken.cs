using System.Text.RegularExpressions;
using OrleansOneShot.Common;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>An object's identifier with its n vectors: <c>&lt;dog&gt;</c>, <c>&lt;dog&gt;_1</c>, ..., with consecutive ids after the vocabulary's.</summary>
/// <param name="Name">The identifier, such as <c>&lt;dog&gt;</c>.</param>
/// <param name="FirstId">The id of the identifier itself; <c>_1</c> has the next, and so on.</param>
/// <param name="Count">n, the number of vectors.</param>
public sealed partial record LearnedToken(string Name, int FirstId, int Count)
{
    /// <summary>The words that stand for the vectors instead of an identifier, as web interfaces have it; empty for an identifier.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Longest identifier, with its brackets.</summary>
    public const int MaxNameLength = TextRules.Identifier;

    /// <summary>The tokens: the identifier, then with <c>_1</c> to <c>_(n-1)</c>.</summary>
    public IEnumerable<string> Tokens => Enumerable.Range(0, Count).Select(i => i == 0 ? Name : $"{Name}_{i}");

    /// <summary>The n tokens separated by spaces: what the identifier stands for in a prompt (diffusers' <c>maybe_convert_prompt</c>).</summary>
    public string Expansion => string.Join(' ', Tokens);

    /// <summary>Whether a name has an identifier's form.</summary>
    /// <param name="name">The name.</param>
    public static bool IsIdentifier(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return name.Length <= MaxNameLength && Form().IsMatch(name);
    }

    /// <summary>
    /// Checks an identifier's form: <c>&lt;</c>, a letter or digit, then letters, digits, <c>_</c> or <c>-</c>, <c>&gt;</c>; ASCII, at most
    /// <see cref="MaxNameLength"/> characters.
    /// </summary>
    /// <param name="name">The identifier.</param>
    /// <exception cref="InvalidInputException">Another form; the hint gives one that fits.</exception>
    public static void Validate(string name)
    {
        if (IsIdentifier(name))
        {
            return;
        }
        throw new InvalidInputException(
            $"The token \"{Wording.Cut(name, 40)}\" is no identifier: it must be letters, digits, _ and - within angle brackets, {MaxNameLength} characters "
                + $"at most.",
            "token",
            $"Use \"{IdentifierName.Of(name) ?? "<object>"}\", for example."
        );
    }

    [GeneratedRegex(@"\A<[A-Za-z0-9][A-Za-z0-9_-]*>\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
