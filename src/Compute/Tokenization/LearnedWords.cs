using System.Globalization;
using System.Text.RegularExpressions;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// Finds learned words in prompts: case-insensitively, where a word begins and ends, the longest first, with or without ComfyUI's <c>embedding:</c> in front.
/// Each becomes placeholders that no prompt holds (private-use characters), one for each vector, which the tokenizer has ids for.
/// </summary>
internal sealed class LearnedWords
{
    private const char Open = '\uE000';
    private const char Close = '\uE001';

    private readonly Dictionary<string, string> _placeholders = new(StringComparer.Ordinal);
    private readonly Regex _pattern;

    /// <summary>Prepares the search.</summary>
    /// <param name="tokens">All learned tokens; identifiers are passed over as a whole, whatever words they hold.</param>
    public LearnedWords(IEnumerable<LearnedToken> tokens)
    {
        List<string> identifiers = [];
        foreach (var token in tokens)
        {
            if (token.Words.Count == 0)
            {
                identifiers.Add(Regex.Escape(ClipText.Normalise(token.Name)));
            }
            foreach (var word in token.Words)
            {
                _placeholders.Add(Plain(word), string.Concat(Enumerable.Range(token.FirstId, token.Count).Select(Placeholder)));
            }
        }

        var words = _placeholders.Keys.OrderByDescending(w => w.Length).Select(w => string.Join(@"\s+", w.Split(' ').Select(Regex.Escape)));
        var kept = identifiers.Count == 0 ? "" : $@"(?:{string.Join('|', identifiers)})(?:_\d+)?|";
        _pattern = new Regex(
            $@"{kept}(?<![\p{{L}}\p{{N}}_])(?:embedding:)?(?<word>{string.Join('|', words)})(?![\p{{L}}\p{{N}}_])",
            RegexOptions.CultureInvariant
        );
    }

    /// <summary>What stands for one vector in a text.</summary>
    /// <param name="id">Its id.</param>
    public static string Placeholder(int id) => string.Create(CultureInfo.InvariantCulture, $"{Open}{id}{Close}");

    /// <summary>A word as it is compared: normalised, with single spaces.</summary>
    public static string Plain(string word) => string.Join(' ', ClipText.Normalise(word).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    /// <summary>Replaces the words of a prompt.</summary>
    /// <param name="prompt">A prompt as people write it.</param>
    /// <returns>The normalised prompt with placeholders.</returns>
    public string Replace(string prompt) =>
        _pattern.Replace(ClipText.Normalise(prompt), match => match.Groups["word"] is { Success: true } word ? _placeholders[Plain(word.Value)] : match.Value);
}
