using System.Text;
using HarfBuzzSharp;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// CLIP's text normalisation: NFC, then lower case code point by code point. Collapsing white space, which the reference does as well, is left out: the
/// pre-tokenizer drops all of it anyway. .NET's own normalisation needs ICU and does nothing in invariant mode, so composition comes from HarfBuzz, which
/// carries the Unicode data.
/// </summary>
internal static class ClipText
{
    private const int FirstCombining = 0x300;
    private const int CapitalIWithDot = 0x130;
    private const int CombiningDotAbove = 0x307;

    /// <summary>Normalises a text. Lone surrogates become U+FFFD.</summary>
    public static string Normalise(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in Compose(text))
        {
            if (rune.Value == CapitalIWithDot)
            {
                // The one code point whose lower case is two; invariant lower-casing leaves it alone.
                result.Append('i').Append((char)CombiningDotAbove);
            }
            else
            {
                result.Append(Rune.ToLowerInvariant(rune).ToString());
            }
        }

        return result.ToString();
    }

    /// <summary>Unicode's NFD, in the order in which marks stand.</summary>
    public static IEnumerable<Rune> Decompose(string text)
    {
        var points = new List<(uint Point, int Class)>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose((uint)rune.Value, points);
        }
        return points.Select(point => new Rune(point.Point));
    }

    /// <summary>Unicode's NFC: decompose, order marks by their class, compose.</summary>
    public static IEnumerable<Rune> Compose(string text)
    {
        if (text.All(c => c < FirstCombining))
        {
            return text.EnumerateRunes();
        }
        var points = new List<(uint Point, int Class)>(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose((uint)rune.Value, points);
        }
        Order(points);
        return Recompose(points).Select(p => new Rune(p));
    }

    private static void Decompose(uint point, List<(uint Point, int Class)> into)
    {
        if (UnicodeFunctions.Default.TryDecompose(point, out var first, out var second))
        {
            Decompose(first, into);
            if (second != 0)
            {
                Decompose(second, into);
            }
            return;
        }

        into.Add((point, (int)UnicodeFunctions.Default.GetCombiningClass(point)));
    }

    // A stable insertion sort of each run of marks.
    private static void Order(List<(uint Point, int Class)> points)
    {
        for (var i = 1; i < points.Count; i++)
        {
            var moved = points[i];
            var to = i;
            while (moved.Class != 0 && to > 0 && points[to - 1].Class > moved.Class)
            {
                points[to] = points[to - 1];
                to--;
            }

            points[to] = moved;
        }
    }

    private static List<uint> Recompose(List<(uint Point, int Class)> points)
    {
        var result = new List<uint>(points.Count);
        var starter = -1; // index in result of the last starter
        var lastClass = -1; // class of the last mark kept after it; -1: none
        foreach (var (point, combining) in points)
        {
            // A mark of the same class (or a starter after a mark) is blocked from the starter.
            if (starter >= 0 && lastClass < combining && UnicodeFunctions.Default.TryCompose(result[starter], point, out var composed))
            {
                result[starter] = composed;
                continue;
            }

            if (combining == 0)
            {
                starter = result.Count;
                lastClass = -1;
            }
            else
            {
                lastClass = combining;
            }

            result.Add(point);
        }

        return result;
    }
}
