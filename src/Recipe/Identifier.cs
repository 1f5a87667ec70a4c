namespace OrleansOneShot.Recipe;

/// <summary>Identifiers of objects, such as <c>&lt;teddy-bear&gt;</c>: what prompts call them.</summary>
public static class Identifier
{
    private const int MostLetters = TextRules.Identifier - 2;

    /// <summary>The identifier that a name gives: in lower case, with '-' for spaces.</summary>
    /// <param name="name">A class name; what of it is not ASCII is left out.</param>
    /// <returns>A token in angle brackets; null where nothing is left.</returns>
    public static string? Of(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var slug = new string([
            .. name.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-' or '_').Select(c => c == ' ' ? '-' : c),
        ]).Trim('-', '_');
        return slug.Length == 0 ? null : $"<{slug[..Math.Min(slug.Length, MostLetters)].TrimEnd('-', '_')}>";
    }

    /// <summary>The name of a result that was given none: its objects' identifiers without brackets.</summary>
    /// <param name="tokens">The identifiers.</param>
    /// <returns>A name that is short enough.</returns>
    public static string NameOf(IEnumerable<string> tokens)
    {
        var joined = string.Join('-', tokens.Select(token => token.Trim('<', '>')));
        return joined[..Math.Min(joined.Length, TextRules.Name)];
    }

    /// <summary>An identifier that no other object has: of two dogs the second becomes <c>&lt;dog-2&gt;</c>.</summary>
    /// <param name="token">What it would be if it were alone.</param>
    /// <param name="taken">Identifiers that are taken; the new one joins them. Compare them whatever their case, as prompts do.</param>
    /// <returns>A token in angle brackets.</returns>
    public static string Free(string token, ISet<string> taken)
    {
        ArgumentException.ThrowIfNullOrEmpty(token);
        ArgumentNullException.ThrowIfNull(taken);
        var free = token;
        for (var number = 2; !taken.Add(free); number++)
        {
            free = $"{token[..^1]}-{number}>";
        }

        return free;
    }
}
