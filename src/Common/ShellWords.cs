namespace OrleansOneShot.Common;

/// <summary>Writes words into a command line for a POSIX shell, so that each arrives as it is, whatever it holds.</summary>
public static class ShellWords
{
    private const string Plain = "_./:,@%+=-";

    /// <summary>A word as a shell takes it: as it is where nothing in it has a meaning of its own, else within single quotes.</summary>
    /// <param name="word">The word, without NUL.</param>
    public static string Quote(string word)
    {
        ArgumentNullException.ThrowIfNull(word);
        return word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
    }
}
