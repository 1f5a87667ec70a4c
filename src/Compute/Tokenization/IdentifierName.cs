namespace OrleansOneShot.Compute.Tokenization;

/// <summary>The identifier that a name gives: <c>teddy bear</c> gives <c>&lt;teddy-bear&gt;</c>, <c>Köttchen</c> <c>&lt;koettchen&gt;</c>.</summary>
public static class IdentifierName
{
    private const int MostLetters = LearnedToken.MaxNameLength - 2;

    /// <summary>Makes the identifier.</summary>
    /// <param name="name">A class name, or what somebody wrote between angle brackets.</param>
    /// <returns>A token in angle brackets, in lower case; null where nothing is left that can be written in ASCII.</returns>
    public static string? Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var slug = new string([
            .. LatinLetters.ToAscii(name).ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c),
        ]).Trim('-', '_');
        return slug.Length == 0 ? null : $"<{slug[..Math.Min(slug.Length, MostLetters)].TrimEnd('-', '_')}>";
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
