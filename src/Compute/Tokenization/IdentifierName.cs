using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>The identifier that a name gives: <c>teddy bear</c> gives <c>&lt;teddy-bear&gt;</c>, <c>Köttchen</c> <c>&lt;koettchen&gt;</c>.</summary>
public static class IdentifierName
{
    /// <summary>Makes the identifier.</summary>
    /// <param name="name">A class name, or what somebody wrote between angle brackets.</param>
    /// <returns>A token in angle brackets, in lower case; null where nothing is left that can be written in ASCII.</returns>
    public static string? Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Identifier.Of(LatinLetters.ToAscii(name));
    }

    /// <summary>Whether an identifier says its name letter by letter, but for case and spaces.</summary>
    /// <param name="name">The name.</param>
    /// <param name="token">What <see cref="Of"/> made of it, or what was given.</param>
    public static bool Spells(string name, string token)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(token);
        return string.Equals(name.Replace(' ', '-'), token.Trim('<', '>'), StringComparison.OrdinalIgnoreCase);
    }
}
