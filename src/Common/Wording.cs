using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace OrleansOneShot.Common;

/// <summary>Puts what comes from outside into messages: cut to what a person reads, and without characters that a terminal would obey.</summary>
public static partial class Wording
{
    /// <summary>Longest message that crosses a border of the program, in UTF-16 units.</summary>
    public const int LongestMessage = 2000;

    /// <summary>Longest item of a list.</summary>
    public const int LongestItem = 200;

    /// <summary>Most items of a list that are named.</summary>
    public const int MostItems = 8;

    /// <summary>Joins names for a message: <c>a, b, c</c>, and of many the first ones: <c>a, b, c and 1,204 more</c>.</summary>
    /// <param name="items">The names; null counts as empty.</param>
    /// <param name="separator">What stands between them.</param>
    /// <param name="most">Most that are named, 1 or more.</param>
    /// <param name="longest">Most UTF-16 units of an item.</param>
    /// <returns>At most <paramref name="most"/> names of at most <paramref name="longest"/> units each.</returns>
    public static string List(IEnumerable<string?> items, string separator = ", ", int most = MostItems, int longest = LongestItem)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(most);
        var text = new StringBuilder();
        var count = 0;
        foreach (var item in items)
        {
            if (count < most)
            {
                text.Append(count == 0 ? "" : separator).Append(Cut(item ?? "", longest));
            }

            count++;
        }

        return count <= most ? text.ToString() : text.Append(CultureInfo.InvariantCulture, $" and {count - most:N0} more").ToString();
    }

    /// <summary>A tensor's shape for a message, such as <c>[320, 4, 3, 3]</c>.</summary>
    /// <param name="sizes">The sizes.</param>
    public static string Shape(IEnumerable<long> sizes) => $"[{List(sizes.Select(size => size.ToString(CultureInfo.InvariantCulture)))}]";

    /// <summary>A span of time that somebody has set: <c>90 s</c>, <c>10 min</c>, <c>1.5 h</c>.</summary>
    /// <param name="time">The time.</param>
    public static string Duration(TimeSpan time) =>
        time.TotalHours >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalHours:0.##} h")
        : time.TotalMinutes >= 2 ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0.##} min")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.##} s");

    /// <summary>Cuts a text, never within a character.</summary>
    /// <param name="text">The text.</param>
    /// <param name="longest">Most UTF-16 units of the result, 1 or more.</param>
    /// <returns>The text, or its beginning with an ellipsis.</returns>
    public static string Cut(string text, int longest)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(longest);
        if (text.Length <= longest)
        {
            return text;
        }

        var end = 0;
        while (Next(text, end) is var next && next < longest)
        {
            end = next;
        }

        if (end == 0 && longest > 1)
        {
            // One character of endless marks: its beginning, whole code points.
            end = char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1;
        }

        return string.Concat(text.AsSpan(0, end), "…");
    }

    /// <summary>
    /// The whole character, as a reader sees it, of which a code unit is a part: accents, skin tones and the halves of a surrogate pair belong together.
    /// </summary>
    /// <param name="text">The text.</param>
    /// <param name="index">Where in it, 0 or more and less than its length.</param>
    public static string CharacterAt(string text, int index)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, text.Length);
        var start = 0;
        while (Next(text, start) <= index)
        {
            start = Next(text, start);
        }

        return text[start..Next(text, start)];
    }

    private static int Next(string text, int start) => start + StringInfo.GetNextTextElementLength(text, start);

    /// <summary>
    /// A message as it may leave the program: at most <see cref="LongestMessage"/> units, and control characters other than line breaks and tabs replaced.
    /// </summary>
    /// <param name="message">The message.</param>
    public static string Bounded(string message)
    {
        var cut = Cut(message, LongestMessage);
        return cut.Any(IsUnsafe) ? new string([.. cut.Select(c => IsUnsafe(c) ? '\uFFFD' : c)]) : cut;
    }

    /// <summary>
    /// The message of an error that nobody foresaw, for people: its first line, without the names of types, which tell nobody outside anything.
    /// </summary>
    /// <param name="message">The message.</param>
    public static string WithoutTypes(string message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return TypeName().Replace(message.Split('\n', 2)[0].Trim(), "(internal)");
    }

    [GeneratedRegex(@"\b(?:System|Microsoft|Orleans|OrleansOneShot|TorchSharp)(?:\.[A-Za-z_][\w`+]*)+(?:\[[^\]]*\]+)?", RegexOptions.CultureInvariant)]
    private static partial Regex TypeName();

    private static bool IsUnsafe(char c) => char.IsControl(c) && c is not ('\n' or '\r' or '\t');
}
