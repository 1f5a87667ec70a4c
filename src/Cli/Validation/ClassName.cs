using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Validation;

/// <summary>Class names, and the identifier that each gives by default.</summary>
internal static class ClassName
{
    private const int MaxLength = 64;

    /// <summary>Checks a class name.</summary>
    /// <param name="text">What was given.</param>
    /// <returns>The name with single spaces.</returns>
    /// <exception cref="InvalidInputException">Empty, too long, or made of other things than words.</exception>
    public static string Check(string text)
    {
        var name = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (name.Length == 0)
        {
            throw new InvalidInputException("The class name is empty.", "class", "Say what the object is, such as \"cat\" or \"teddy bear\".");
        }

        if (name.Length > MaxLength)
        {
            throw new InvalidInputException($"The class name has {name.Length} characters; at most {MaxLength} are allowed.", "class", "Say what the object is in a word or two.");
        }

        if (name.FirstOrDefault(c => !char.IsLetterOrDigit(c) && c is not (' ' or '-' or '\'')) is var other && other != default)
        {
            throw new InvalidInputException($"The class name '{name}' holds '{other}'; only letters, digits, spaces, - and ' are allowed.", "class");
        }

        return name;
    }

    /// <summary>The identifier of a class: its name in lower case, with '-' for all but letters and digits.</summary>
    /// <param name="name">A checked class name.</param>
    /// <returns>A token in angle brackets; null if the name has no ASCII letter or digit.</returns>
    public static string? DefaultToken(string name)
    {
        var slug = new string([.. name.ToLowerInvariant().Where(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or '-').Select(c => c == ' ' ? '-' : c)]).Trim('-');
        return slug.Length == 0 ? null : $"<{slug[..Math.Min(slug.Length, 30)]}>";
    }
}
