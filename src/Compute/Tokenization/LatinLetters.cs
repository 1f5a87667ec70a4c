using System.Globalization;
using System.Text;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// Writes Latin letters of all languages in ASCII, as their readers would: German umlauts with an e, what carries a mark without it, and a table for letters of
/// their own.
/// </summary>
public static class LatinLetters
{
    private const int Diaeresis = 0x308;

    private static readonly Dictionary<int, string> s_own = new()
    {
        ['ß'] = "ss",
        ['ẞ'] = "SS",
        ['æ'] = "ae",
        ['Æ'] = "AE",
        ['œ'] = "oe",
        ['Œ'] = "OE",
        ['ø'] = "o",
        ['Ø'] = "O",
        ['ł'] = "l",
        ['Ł'] = "L",
        ['đ'] = "d",
        ['Đ'] = "D",
        ['ð'] = "d",
        ['Ð'] = "D",
        ['þ'] = "th",
        ['Þ'] = "Th",
        ['ı'] = "i",
        ['ħ'] = "h",
        ['Ħ'] = "H",
        ['ŧ'] = "t",
        ['Ŧ'] = "T",
        ['ŋ'] = "ng",
        ['Ŋ'] = "Ng",
        ['ĳ'] = "ij",
        ['Ĳ'] = "IJ",
        ['ŀ'] = "l",
        ['Ŀ'] = "L",
        ['ĸ'] = "k",
        ['ŉ'] = "n",
        ['ſ'] = "s",
        ['ə'] = "e",
        ['Ə'] = "E",
        ['ƒ'] = "f",
        ['ɓ'] = "b",
        ['ɗ'] = "d",
        ['ƙ'] = "k",
        ['ɨ'] = "i",
        ['ʉ'] = "u",
    };

    /// <summary>Writes a text in ASCII.</summary>
    /// <param name="text">The text.</param>
    /// <returns>ASCII alone: what is neither ASCII nor a Latin letter is left out.</returns>
    public static string ToAscii(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = new StringBuilder(text.Length);
        foreach (var rune in ClipText.Decompose(text))
        {
            if (rune.IsAscii)
            {
                result.Append((char)rune.Value);
            }
            else if (rune.Value == Diaeresis && result.Length > 0 && result[^1] is 'a' or 'o' or 'u')
            {
                result.Append('e');
            }
            else if (rune.Value == Diaeresis && result.Length > 0 && result[^1] is 'A' or 'O' or 'U')
            {
                result.Append('E');
            }
            else if (s_own.TryGetValue(rune.Value, out var letters))
            {
                result.Append(letters);
            }
        }

        return result.ToString();
    }

    /// <summary>Composes what belongs together (Unicode's NFC), as CLIP's text is composed.</summary>
    /// <param name="text">The text.</param>
    public static string Compose(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return string.Concat(ClipText.Compose(text).Select(rune => rune.ToString()));
    }

    /// <summary>Whether a code point is a letter, a digit, or a mark on one, in whatever script.</summary>
    /// <param name="rune">The code point.</param>
    public static bool IsOfWord(Rune rune) => Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.OtherNumber;
}
