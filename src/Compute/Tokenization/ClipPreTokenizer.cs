using System.Globalization;
using System.Text;
using Microsoft.ML.Tokenizers;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// Splits normalised text as CLIP's pattern does, <c>'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+</c>, and drops white space. By hand and by code
/// points, since .NET's regular expressions see a supplementary letter as two surrogates that are no letters.
/// </summary>
internal sealed class ClipPreTokenizer : PreTokenizer
{
    private static readonly string[] s_contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"];

    private enum Kind
    {
        Space,
        Letter,
        Number,
        Other,
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => Split(text);

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => Split(text);

    private static List<(int Offset, int Length)> Split(ReadOnlySpan<char> text)
    {
        var pieces = new List<(int Offset, int Length)>();
        var at = 0;
        while (at < text.Length)
        {
            var length = Contraction(text[at..]);
            if (length == 0)
            {
                var kind = KindAt(text[at..], out length);
                while (kind is Kind.Letter or Kind.Other && at + length < text.Length && KindAt(text[(at + length)..], out var next) == kind)
                {
                    length += next;
                }
                if (kind == Kind.Space)
                {
                    at += length;
                    continue;
                }
            }

            pieces.Add((at, length));
            at += length;
        }

        return pieces;
    }

    private static int Contraction(ReadOnlySpan<char> text)
    {
        foreach (var contraction in s_contractions)
        {
            if (text.StartsWith(contraction, StringComparison.Ordinal))
            {
                return contraction.Length;
            }
        }

        return 0;
    }

    private static Kind KindAt(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out var rune, out length);
        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Kind.Letter, // Lu, Ll, Lt, Lm, Lo
            >= UnicodeCategory.DecimalDigitNumber and <= UnicodeCategory.OtherNumber => Kind.Number,
            _ => Rune.IsWhiteSpace(rune) ? Kind.Space : Kind.Other,
        };
    }
}
