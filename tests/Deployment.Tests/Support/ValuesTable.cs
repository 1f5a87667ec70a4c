using System.Text;

namespace OrleansOneShot.Deployment.Tests.Support;

/// <summary>The table of a chart's values: lines of comments that begin with two dashes tell of the key below them.</summary>
internal static class ValuesTable
{
    private const string Begin = "<!-- values -->\n";
    private const string End = "<!-- /values -->\n";

    /// <summary>Puts the table between its marks.</summary>
    /// <param name="page">The page.</param>
    /// <param name="values">Lines of values.yaml.</param>
    /// <returns>The page with the table.</returns>
    /// <exception cref="FormatException">A key that holds a value is not told of.</exception>
    public static string PutInto(string page, IReadOnlyList<string> values)
    {
        var (begin, end) = (page.IndexOf(Begin, StringComparison.Ordinal), page.IndexOf(End, StringComparison.Ordinal));
        Assert.True(begin >= 0 && end > begin, "README.md has no marks for the table.");
        return page[..(begin + Begin.Length)] + Write(values) + page[end..];
    }

    private static string Write(IReadOnlyList<string> values)
    {
        var table = new StringBuilder("| value | default | |\n| --- | --- | --- |\n");
        var path = new List<(int Indent, string Key)>();
        var told = new List<string>();
        for (var at = 0; at < values.Count; at++)
        {
            var line = values[at];
            var text = line.TrimStart();
            if (text.StartsWith('#'))
            {
                told =
                    text.StartsWith("# -- ", StringComparison.Ordinal) ? [text["# -- ".Length..]]
                    : told.Count > 0 ? [.. told, text[1..].Trim()]
                    : told;
                continue;
            }

            if (text.Length == 0)
            {
                told = [];
                continue;
            }

            var indent = line.Length - text.Length;
            path.RemoveAll(parent => parent.Indent >= indent);
            var (key, value) = Split(text);
            path.Add((indent, key));
            if (told.Count > 0)
            {
                // A value in lines of its own: they are told with it.
                while (at + 1 < values.Count && Indent(values[at + 1]) > indent)
                {
                    value = $"{value} {values[++at].Trim()}".Trim();
                }

                table.Append(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"| `{string.Join('.', path.Select(one => one.Key))}` | `{value}` | {string.Join(' ', told)} |\n"
                );
                told = [];
            }
            else if (value.Length > 0)
            {
                throw new FormatException($"values.yaml says nothing of {string.Join('.', path.Select(one => one.Key))}.");
            }
        }

        return table.ToString();
    }

    private static int Indent(string line) => line.TrimStart() is { Length: > 0 } text ? line.Length - text.Length : -1;

    private static (string Key, string Value) Split(string line)
    {
        var at = line.IndexOf(':', StringComparison.Ordinal);
        return (line[..at], line[(at + 1)..].Trim());
    }
}
