using System.Globalization;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Breaks text into lines.</summary>
internal static class TextLayout
{
    /// <summary>Breaks at white space, and inside a word only where it is wider than a line. What doesn't fit ends in an ellipsis.</summary>
    /// <param name="text">The text; its own line breaks count as spaces.</param>
    /// <param name="width">Width of a line.</param>
    /// <param name="lines">Most lines.</param>
    /// <param name="measure">Width of a piece of text.</param>
    public static IReadOnlyList<string> Wrap(string text, float width, int lines, Func<string, float> measure)
    {
        var pending = new Queue<string>(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).SelectMany(w => Pieces(w, width, measure)));
        List<string> result = [];
        while (pending.Count > 0 && result.Count < lines)
        {
            var line = pending.Dequeue();
            while (pending.Count > 0 && measure($"{line} {pending.Peek()}") <= width)
            {
                line = $"{line} {pending.Dequeue()}";
            }

            result.Add(line);
        }

        if (pending.Count > 0)
        {
            var elements = Elements(result[^1]);
            while (elements.Count > 0 && measure(string.Concat(elements) + "…") > width)
            {
                elements.RemoveAt(elements.Count - 1);
            }

            result[^1] = string.Concat(elements).TrimEnd() + "…";
        }

        return result;
    }

    private static IEnumerable<string> Pieces(string word, float width, Func<string, float> measure)
    {
        var piece = "";
        foreach (var element in Elements(word))
        {
            if (piece.Length > 0 && measure(piece + element) > width)
            {
                yield return piece;
                piece = "";
            }

            piece += element;
        }

        yield return piece;
    }

    // What a reader takes as characters: surrogate pairs and accents stay together.
    private static List<string> Elements(string text)
    {
        List<string> elements = [];
        var e = StringInfo.GetTextElementEnumerator(text);
        while (e.MoveNext())
        {
            elements.Add(e.GetTextElement());
        }

        return elements;
    }
}
