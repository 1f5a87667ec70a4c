using OrleansOneShot.Compute;

namespace OrleansOneShot.Cli.Validation;

/// <summary>One object of the command line.</summary>
/// <param name="Mask">Path of its mask.</param>
/// <param name="Class">Its class name.</param>
/// <param name="Token">Its identifier; null takes the class's.</param>
internal sealed record ObjectArgument(string Mask, string Class, string? Token)
{
    /// <summary>Reads <c>mask=F,class=NAME[,token=T]</c>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The object.</returns>
    /// <exception cref="InvalidInputException">Another form.</exception>
    public static ObjectArgument Parse(string text)
    {
        var parts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var part in text.Split(','))
        {
            var at = part.IndexOf('=', StringComparison.Ordinal);
            var key = at < 0 ? part : part[..at];
            if (at < 0 || key is not ("mask" or "class" or "token") || !parts.TryAdd(key, part[(at + 1)..]))
            {
                throw new InvalidInputException($"--object '{text}' can't be read at '{part}'.", "object", "Write it as mask=FILE,class=NAME,token=<name>.");
            }
        }

        return parts.TryGetValue("mask", out var mask) && parts.TryGetValue("class", out var name)
            ? new ObjectArgument(mask, name, parts.GetValueOrDefault("token"))
            : throw new InvalidInputException($"--object '{text}' needs both mask= and class=.", "object", "Write it as mask=FILE,class=NAME,token=<name>.");
    }
}
