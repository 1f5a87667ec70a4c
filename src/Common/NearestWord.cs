namespace OrleansOneShot.Common;

/// <summary>Finds the word that was probably meant.</summary>
public static class NearestWord
{
    private const int LettersAnError = 4;

    /// <summary>The word that a text is nearest to, whatever the case.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="words">What could have been meant.</param>
    /// <returns>The word; null if none is so near that it was probably meant.</returns>
    public static string? Of(string text, IEnumerable<string> words)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(words);
        var (nearest, distance) = words.Select(word => (word, Distance(text, word))).DefaultIfEmpty(("", int.MaxValue)).MinBy(pair => pair.Item2);
        return distance <= Math.Max(2, (Math.Max(text.Length, nearest.Length) - 2) / LettersAnError) && distance < Math.Max(text.Length, nearest.Length)
            ? nearest
            : null;
    }

    /// <summary>Levenshtein's distance, whatever the case.</summary>
    /// <param name="first">A text.</param>
    /// <param name="second">Another one.</param>
    /// <returns>How many characters are to be put in, taken out or replaced.</returns>
    public static int Distance(string first, string second)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        var (from, to) = (first.ToLowerInvariant(), second.ToLowerInvariant());
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0]++;
            for (var j = 1; j <= to.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
