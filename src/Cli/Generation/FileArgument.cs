namespace OrleansOneShot.Cli.Generation;

/// <summary>Arguments of the form <c>FILE</c> or <c>FILE:SUFFIX</c>.</summary>
internal static class FileArgument
{
    /// <summary>Takes an argument apart at its last colon.</summary>
    /// <param name="text">
    /// The argument. A file whose own name holds the colon wins; so does a drive (<c>C:\x</c>), and whatever goes on as a path behind the colon.
    /// </param>
    /// <returns>The path, and what stands behind the colon; null without one.</returns>
    public static (string Path, string? Suffix) Split(string text)
    {
        var at = text.LastIndexOf(':');
        var isDrive = at == 1 && char.IsAsciiLetter(text[0]) && text.Length > 2 && text[2] is ('\\' or '/');
        return at <= 0 || isDrive || text.AsSpan(at).ContainsAny('/', '\\') || File.Exists(text) ? (text, null) : (text[..at], text[(at + 1)..]);
    }
}
