using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>
/// CLIP's tokenizer, with transformers' CLIPTokenizer as its reference: byte-level BPE with <c>&lt;/w&gt;</c> over NFC, lower-cased text; special tokens are
/// recognised wherever they stand. Learned tokens are added to an instance; ids are given out once and never change. Encoding is thread-safe, adding is not.
/// </summary>
public sealed class ClipTokenizer
{
    private const string StartToken = "<|startoftext|>";
    private const string EndToken = "<|endoftext|>";
    private const int MaxTextLength = 20_000;

    private readonly Dictionary<string, int> _vocabulary;
    private readonly BpeTokenizer _bpe;
    private readonly List<LearnedToken> _learned = [];
    private readonly Dictionary<string, int> _verbatimIds; // matched in the text as it is
    private readonly Regex _verbatim;
    private readonly Dictionary<string, int> _normalisedIds; // matched in the normalised text
    private Regex _normalised;
    private LearnedWords? _words;

    private ClipTokenizer(Dictionary<string, int> vocabulary, BpeTokenizer bpe, int contextLength, string padToken)
    {
        _vocabulary = vocabulary;
        _bpe = bpe;
        ContextLength = contextLength;
        PadToken = padToken;
        _verbatimIds = new(StringComparer.Ordinal) { [EndToken] = EndId, [padToken] = PadId };
        _normalisedIds = new(StringComparer.Ordinal) { [StartToken] = StartId };
        _verbatim = AnyOf(_verbatimIds.Keys);
        _normalised = AnyOf(_normalisedIds.Keys);
    }

    /// <summary>L: how many ids an encoded text has.</summary>
    public int ContextLength { get; }

    /// <summary>
    /// Words of the vocabulary, special tokens included and learned tokens not: the id of the first learned token, and the text encoder's <c>vocab_size</c>.
    /// </summary>
    public int VocabularySize => _vocabulary.Count;

    /// <summary>The id every text starts with.</summary>
    public int StartId => _vocabulary[StartToken];

    /// <summary>The id after the last token of a text; the text embedding is pooled at its first occurrence.</summary>
    public int EndId => _vocabulary[EndToken];

    /// <summary>The id that fills up to L: the end token's for SD 1.x, 0 (of "!") for SD 2.x.</summary>
    public int PadId => _vocabulary[PadToken];

    /// <summary>The token that fills up to L.</summary>
    public string PadToken { get; }

    /// <summary>The learned tokens in the order of their ids.</summary>
    public IReadOnlyList<LearnedToken> LearnedTokens => _learned;

    /// <summary>Loads a tokenizer.</summary>
    /// <param name="folder">
    /// A <c>tokenizer/</c> folder with vocab.json and merges.txt; the pad token comes from special_tokens_map.json or tokenizer_config.json, and is the end
    /// token without them.
    /// </param>
    /// <param name="contextLength">L, the text encoder's <c>max_position_embeddings</c> (77; toyworld-64: 32), 3 to 4,096.</param>
    /// <param name="padToken">A pad token to use instead of the folder's.</param>
    /// <returns>A tokenizer without learned tokens.</returns>
    /// <exception cref="InvalidInputException">A file is missing, too large or contradictory.</exception>
    public static ClipTokenizer Load(string folder, int contextLength, string? padToken = null)
    {
        if (contextLength is < 3 or > 4096)
        {
            throw new InvalidInputException($"A context of {contextLength} tokens can't be used; it must be 3 to 4,096.", "text_encoder/config.json");
        }
        var vocabulary = TokenizerFiles.Vocabulary(folder);
        padToken ??= TokenizerFiles.PadToken(folder) ?? EndToken;
        foreach (var special in (string[])[StartToken, EndToken, padToken])
        {
            if (!vocabulary.ContainsKey(special))
            {
                throw TokenizerFiles.Invalid(folder, "vocab.json", $"lacks the token {special}");
            }
        }

        try
        {
            var bpe = BpeTokenizer.Create(
                new BpeOptions(vocabulary)
                {
                    Merges = TokenizerFiles.Merges(folder),
                    ByteLevel = true,
                    EndOfWordSuffix = "</w>",
                    PreTokenizer = new ClipPreTokenizer(),
                }
            );
            return new ClipTokenizer(vocabulary, bpe, contextLength, padToken);
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or KeyNotFoundException)
        {
            throw TokenizerFiles.Invalid(folder, "merges.txt", $"doesn't fit vocab.json: {error.Message.TrimEnd('.')}", error);
        }
    }

    /// <summary>A tokenizer with the same vocabulary and no learned tokens; shares the loaded tables.</summary>
    /// <returns>An instance to which tokens can be added without this one noticing.</returns>
    public ClipTokenizer WithoutLearnedTokens() => new(_vocabulary, _bpe, ContextLength, PadToken);

    /// <summary>Adds an object's identifier with n vectors. It matches case-insensitively, inside words too, the longest token first.</summary>
    /// <param name="name">The identifier, such as <c>&lt;dog&gt;</c>.</param>
    /// <param name="count">n, 1 to L - 2.</param>
    /// <returns>The token with its ids, which follow those given out before.</returns>
    /// <exception cref="InvalidInputException">
    /// The identifier's form isn't allowed, it is a word of the vocabulary, or it is taken; or n is out of range.
    /// </exception>
    public LearnedToken AddLearnedToken(string name, int count)
    {
        LearnedToken.Validate(name);
        if (count < 1 || count > ContextLength - 2)
        {
            throw new InvalidInputException($"{count} vectors for {name}: it must be 1 to {ContextLength - 2}.", "vectors", "The default is 4.");
        }
        if (IsVocabularyWord(name))
        {
            throw new InvalidInputException(
                $"The token {name} is already a word of the vocabulary.",
                "token",
                $"Choose another, such as \"<my-{name.Trim('<', '>')}>\"."
            );
        }
        if (_learned.Find(l => string.Equals(l.Name, name, StringComparison.OrdinalIgnoreCase)) is { } taken)
        {
            throw new InvalidInputException(
                $"The token {name} is used twice{(taken.Name == name ? "" : $" ({taken.Name}: letter case makes no difference)")}.",
                "token",
                "Give every object its own."
            );
        }

        var token = new LearnedToken(name, VocabularySize + _learned.Sum(l => l.Count), count);
        foreach (var (text, offset) in token.Tokens.Select((t, i) => (t, i)))
        {
            _normalisedIds.Add(ClipText.Normalise(text), token.FirstId + offset);
        }
        Register(token);
        return token;
    }

    /// <summary>
    /// Adds vectors that bare words stand for, such as <c>easynegative</c>: they match case-insensitively where a word begins and ends, the longest first.
    /// </summary>
    /// <param name="words">The words; the first is the name.</param>
    /// <param name="count">n, 1 to L - 2.</param>
    /// <returns>The token with its ids, which follow those given out before.</returns>
    /// <exception cref="InvalidInputException">A word is empty or taken, or n is out of range.</exception>
    public LearnedToken AddLearnedWords(IReadOnlyList<string> words, int count)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (count < 1 || count > ContextLength - 2)
        {
            throw new InvalidInputException(
                $"{count} vectors for {words[0]}: it must be 1 to {ContextLength - 2}, which the text encoder has places for.",
                "embedding",
                "Use an embedding of fewer vectors."
            );
        }
        var token = new LearnedToken(words[0], VocabularySize + _learned.Sum(l => l.Count), count) { Words = words };
        var taken = _learned.SelectMany(l => l.Words).Select(LearnedWords.Plain).ToHashSet(StringComparer.Ordinal);
        foreach (var word in words.Select(LearnedWords.Plain))
        {
            if (word.Length == 0 || !taken.Add(word))
            {
                throw new InvalidInputException(
                    word.Length == 0 ? "A learned word is empty." : $"The word {word} is used twice.",
                    "embedding",
                    "Give every embedding its own."
                );
            }
        }

        for (var i = 0; i < count; i++)
        {
            _normalisedIds.Add(LearnedWords.Placeholder(token.FirstId + i), token.FirstId + i);
        }
        Register(token);
        return token;
    }

    /// <summary>Whether a prompt uses a learned token.</summary>
    /// <param name="prompt">A prompt as people write it.</param>
    /// <param name="token">One of <see cref="LearnedTokens"/>.</param>
    /// <exception cref="InvalidInputException">The prompt is absurdly long.</exception>
    public bool Uses(string prompt, LearnedToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Content(Expand(prompt)).Contains(token.FirstId);
    }

    /// <summary>Whether a text already is one single word of the vocabulary, so that it can't name an object.</summary>
    /// <param name="text">A word or token.</param>
    /// <returns>True if the vocabulary lists it or encodes it as one token.</returns>
    public bool IsVocabularyWord(string text)
    {
        if (_vocabulary.ContainsKey(text))
        {
            return true;
        }
        var ids = Content(text);
        return ids.Count == 1 && ids[0] < VocabularySize;
    }

    /// <summary>How many tokens a text has, start and end not counted: for class names, 1 is best.</summary>
    /// <param name="text">A class name or prompt; identifiers are not expanded.</param>
    /// <returns>0 or more.</returns>
    /// <exception cref="InvalidInputException">The text is absurdly long.</exception>
    public int CountTokens(string text) => Content(text).Count;

    /// <summary>A text's ids without start, end and padding.</summary>
    /// <param name="text">A class name or prompt; identifiers are not expanded.</param>
    /// <returns>The ids in order.</returns>
    /// <exception cref="InvalidInputException">The text is absurdly long.</exception>
    public IReadOnlyList<int> ContentIds(string text) => Content(text);

    /// <summary>
    /// Replaces each identifier by all its tokens, <c>&lt;dog&gt;</c> by <c>&lt;dog&gt; &lt;dog&gt;_1 &lt;dog&gt;_2 &lt;dog&gt;_3</c>; one that is followed by
    /// its <c>_1</c> is expanded already and stays. Learned words become all their tokens likewise.
    /// </summary>
    /// <param name="prompt">A prompt as people write it.</param>
    /// <returns>The prompt to encode.</returns>
    public string Expand(string prompt)
    {
        prompt = _words is null ? prompt : _words.Replace(prompt);
        foreach (var token in _learned.Where(l => l.Count > 1 && l.Words.Count == 0))
        {
            var name = Regex.Escape(token.Name);
            prompt = Regex.Replace(prompt, $@"{name}(?!_\d)(?!\s*{name}_1)", token.Expansion, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant);
        }

        return prompt;
    }

    /// <summary>
    /// Encodes a text as it stands: start token, content, end token, then padding up to L. Content that doesn't fit is cut off before the end token.
    /// </summary>
    /// <param name="text">The text; identifiers stand for their first vector alone.</param>
    /// <returns>L ids and the length before cutting.</returns>
    /// <exception cref="InvalidInputException">The text is absurdly long.</exception>
    public TokenizedText Encode(string text)
    {
        var content = Content(text);
        var kept = Math.Min(content.Count, ContextLength - 2);
        var ids = new long[ContextLength];
        ids[0] = StartId;
        for (var i = 0; i < kept; i++)
        {
            ids[i + 1] = content[i];
        }
        ids[kept + 1] = EndId;
        ids.AsSpan(kept + 2).Fill(PadId);
        return new TokenizedText(ids, content.Count + 2);
    }

    /// <summary>Encodes a prompt after <see cref="Expand"/>.</summary>
    /// <param name="prompt">A prompt as people write it.</param>
    /// <returns>L ids and the length before cutting.</returns>
    /// <exception cref="InvalidInputException">The prompt is absurdly long.</exception>
    public TokenizedText EncodePrompt(string prompt) => Encode(Expand(prompt));

    /// <summary>Encodes prompts, expanded, as one tensor.</summary>
    /// <param name="prompts">One prompt or more.</param>
    /// <returns>(B, L), int64, on the CPU.</returns>
    /// <exception cref="InvalidInputException">A prompt is absurdly long.</exception>
    public Tensor EncodePrompts(IReadOnlyList<string> prompts) =>
        tensor(prompts.SelectMany(p => EncodePrompt(p).Ids).ToArray(), [prompts.Count, ContextLength], dtype: ScalarType.Int64);

    private void Register(LearnedToken token)
    {
        _normalised = AnyOf(_normalisedIds.Keys);
        _learned.Add(token);
        _words = _learned.Exists(l => l.Words.Count > 0) ? new LearnedWords(_learned) : null;
    }

    private static Regex AnyOf(IEnumerable<string> tokens) =>
        new(string.Join('|', tokens.OrderByDescending(t => t.Length).Select(Regex.Escape)), RegexOptions.CultureInvariant);

    private static IEnumerable<(string Text, bool IsToken)> Cut(string text, Regex tokens)
    {
        var from = 0;
        foreach (Match match in tokens.Matches(text))
        {
            yield return (text[from..match.Index], false);
            yield return (match.Value, true);
            from = match.Index + match.Length;
        }

        yield return (text[from..], false);
    }

    private List<int> Content(string text)
    {
        if (text.Length > MaxTextLength)
        {
            throw new InvalidInputException(
                $"A text of {text.Length:N0} characters is too long; at most {MaxTextLength:N0} are read.",
                "prompt",
                $"The model sees {ContextLength - 2} tokens."
            );
        }
        var ids = new List<int>();
        foreach (var (part, isVerbatim) in Cut(text, _verbatim))
        {
            if (isVerbatim)
            {
                ids.Add(_verbatimIds[part]);
                continue;
            }

            foreach (var (piece, isToken) in Cut(ClipText.Normalise(part), _normalised))
            {
                if (isToken)
                {
                    ids.Add(_normalisedIds[piece]);
                }
                else if (piece.Length > 0)
                {
                    ids.AddRange(_bpe.EncodeToIds(piece, considerNormalization: false));
                }
            }
        }

        return ids;
    }
}

/// <summary>A text as token ids of a fixed length.</summary>
/// <param name="Ids">Start token, content, end token, padding: exactly the context's length L.</param>
/// <param name="UntruncatedLength">How many ids the text has with start and end token, before it is cut to L.</param>
public sealed record TokenizedText(IReadOnlyList<long> Ids, int UntruncatedLength)
{
    /// <summary>Whether content was cut off.</summary>
    public bool Truncated => UntruncatedLength > Ids.Count;
}
