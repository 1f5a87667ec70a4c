using System.Globalization;
using System.Text;

namespace OrleansOneShot.Compute.Results;

/// <summary>Puts what comes from outside into Python.</summary>
internal static class PythonText
{
    /// <summary>A string literal.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>On one line, in double quotes.</returns>
    public static string Literal(string text)
    {
        var literal = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            _ = rune.Value switch
            {
                '"' => literal.Append("\\\""),
                '\\' => literal.Append("\\\\"),
                _ when Rune.IsControl(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator =>
                    literal.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"),
                _ => literal.Append(rune.ToString()),
            };
        }

        return literal.Append('"').ToString();
    }
}
