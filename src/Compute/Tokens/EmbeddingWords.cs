using System.Globalization;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tokens;

/// <summary>
/// What the files of learned tokens are called. AUTOMATIC1111 and ComfyUI take a file's name as the word that calls it up, and people copy the files of all
/// results into one folder: so a name is no word of anybody's language (<c>cat</c> would take over every plain "cat"), and results of other names have others.
/// </summary>
public static class EmbeddingWords
{
    private const string Prefix = "oneshot-";

    /// <summary>
    /// The names, without the extension: <c>oneshot-</c> and the identifier without its brackets, behind which stands the result's name where that is not
    /// just made of the identifiers.
    /// </summary>
    /// <param name="name">The result's name, such as <c>cat</c> or <c>rex</c>.</param>
    /// <param name="tokens">The objects' identifiers, such as <c>&lt;cat&gt;</c>.</param>
    /// <returns>A name for each object, different from all others whatever the case of their letters: <c>oneshot-cat</c> or <c>oneshot-cat-rex</c>.</returns>
    public static IReadOnlyList<string> Choose(string name, IReadOnlyList<string> tokens)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(tokens);
        var bare = tokens.Select(token => token.Trim('<', '>')).ToList();
        var joined = string.Join('-', bare);
        var isOfTokens = bare.Append(joined[..Math.Min(joined.Length, TextRules.Name)]).Contains(name, StringComparer.OrdinalIgnoreCase);
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. bare.Select(token => Free($"{Prefix}{token}{(isOfTokens || name.Length == 0 ? "" : $"-{name}")}", taken))];
    }

    private static string Free(string word, HashSet<string> taken)
    {
        var free = word;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{word}-{number}");
        }

        return free;
    }
}
