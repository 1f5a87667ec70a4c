using System.Text;

namespace OrleansOneShot.Compute.Results;

/// <summary>Puts what comes from outside into Markdown, as text and as code.</summary>
internal static class Markdown
{
    private const string Special = "\\`*_{}[]<>()#+-!|~&$";

    /// <summary>Text without a meaning of its own, on one line.</summary>
    /// <param name="text">Any text.</param>
    public static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var rune in OneLine(text).EnumerateRunes())
        {
            // Within words, where they mean nothing, hyphens and underscores stay readable.
            var isPlain = rune.Value is '-' or '_' && escaped.Length > 0 && char.IsAsciiLetterOrDigit(escaped[^1]);
            if (rune.IsAscii && !isPlain && Special.Contains((char)rune.Value, StringComparison.Ordinal))
            {
                escaped.Append('\\');
            }

            escaped.Append(rune.ToString());
        }

        return escaped.ToString();
    }

    /// <summary>Code within a line.</summary>
    /// <param name="code">Any text.</param>
    public static string Code(string code)
    {
        code = OneLine(code);
        var fence = new string('`', LongestRun(code) + 1);
        var space = code.StartsWith('`') || code.EndsWith('`') ? " " : "";
        return $"{fence}{space}{code}{space}{fence}";
    }

    /// <summary>Code within a line of a table, where a bar would end the cell.</summary>
    /// <param name="code">Any text.</param>
    public static string CellCode(string code) => Code(code).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>A block of code.</summary>
    /// <param name="language">Its language, such as <c>bash</c>.</param>
    /// <param name="code">Any text, without a line break at its end.</param>
    public static string Block(string language, string code)
    {
        var fence = new string('`', Math.Max(3, LongestRun(code) + 1));
        return $"{fence}{language}\n{code}\n{fence}\n";
    }

    private static string OneLine(string text) => new([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);

    private static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == '`' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
