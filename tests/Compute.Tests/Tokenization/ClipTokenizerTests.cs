using System.Text;
using System.Text.Json;
using OrleansOneShot.Compute.Tokenization;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Tests.Tokenization;

public sealed class ClipTokenizerTests : IDisposable
{
    private static readonly JsonElement s_reference = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("tokenizer.json"))).RootElement;
    private static readonly ClipTokenizer s_clip = ClipTokenizer.Load(Golden.PathOf("clip-vocab"), 77);
    private static readonly ClipTokenizer s_toyworld = ClipTokenizer.Load(Path.Combine(Repository.Model, "tokenizer"), 32);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("oneshot-tokenizer-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Encode_TheReferencesTexts_GivesItsIds()
    {
        Assert.Equal(
            (s_reference.GetProperty("bos").GetInt32(), s_reference.GetProperty("eos").GetInt32(), s_reference.GetProperty("pad").GetInt32()),
            (s_clip.StartId, s_clip.EndId, s_clip.PadId)
        );
        AssertSameIds(s_clip, "texts", 500);
    }

    [Fact]
    public void Encode_LearnedTokens_GivesTheReferencesIds()
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        var dog = tokenizer.AddLearnedToken("<dog>", 4);
        var cup = tokenizer.AddLearnedToken("<my-cup>", 4);
        var added = s_reference.GetProperty("added").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetInt32());
        Assert.Equal(added.OrderBy(p => p.Value).Select(p => p.Key), dog.Tokens.Concat(cup.Tokens));
        Assert.Equal((added["<dog>"], added["<my-cup>"]), (dog.FirstId, cup.FirstId));
        AssertSameIds(tokenizer, "learned", 16);
        Assert.Empty(s_clip.LearnedTokens);
    }

    [Fact]
    public void Encode_WithBangAsPadToken_GivesTheReferencesIds()
    {
        var tokenizer = ClipTokenizer.Load(Golden.PathOf("clip-vocab"), 77, "!");
        Assert.Equal(0, tokenizer.PadId);
        AssertSameIds(tokenizer, "pad_bang", 36);
    }

    [Fact]
    public void Encode_OfSd15TinysPrompts_GivesTheModulesInputIds()
    {
        var tokenizer = ClipTokenizer.Load(Golden.PathOf("sd15-tiny", "tokenizer"), 77);
        Assert.Equal((960, 959), (tokenizer.VocabularySize, tokenizer.EndId));
        tokenizer.AddLearnedToken("<cat>", 4);
        using var scope = NewDisposeScope();
        var reference = JsonDocument.Parse(File.ReadAllText(Golden.PathOf("embeds", "embeds.json"))).RootElement;
        var prompts = Texts(reference.GetProperty("prompts"));
        Assert.Equal(Texts(reference.GetProperty("expanded")), prompts.Select(tokenizer.Expand));
        var expected = Golden.Read("embeds", "embeds.safetensors")["input_ids"];
        Assert.Equal(expected.shape, tokenizer.EncodePrompts(prompts).shape);
        Assert.Equal(expected.data<long>().ToArray(), tokenizer.EncodePrompts(prompts).data<long>().ToArray());
    }

    [Fact]
    public void CountTokens_OfTheEmbeddedModelsWorld_IsOneAWord()
    {
        using var world = JsonDocument.Parse(File.ReadAllText(Path.Combine(Repository.Model, "world.json")));
        var phrases = Texts(world.RootElement.GetProperty("classes"))
            .Concat(Texts(world.RootElement.GetProperty("colours")))
            .Concat(Texts(world.RootElement.GetProperty("plain")))
            .Concat(world.RootElement.GetProperty("scenes").EnumerateObject().SelectMany(s => Texts(s.Value)));
        Assert.All(phrases.SelectMany(p => p.Split(' ')), word => Assert.Equal(1, s_toyworld.CountTokens(word)));
        Assert.Equal(2, s_toyworld.CountTokens("teddy bear"));
        Assert.Equal(890, s_toyworld.ContentIds("CAT")[0]);
        Assert.Equal(32, s_toyworld.Encode("a cat").Ids.Count);
    }

    [Theory]
    [InlineData("a photo of <dog>", "a photo of <dog> <dog>_1 <dog>_2")]
    [InlineData("a photo of <DOG>, and <dog>!", "a photo of <dog> <dog>_1 <dog>_2, and <dog> <dog>_1 <dog>_2!")]
    [InlineData("x<dog>y", "x<dog> <dog>_1 <dog>_2y")]
    [InlineData("<dog> <dog>_1 <dog>_2 twice", "<dog> <dog>_1 <dog>_2 twice")]
    [InlineData("only <dog>_2", "only <dog>_2")]
    [InlineData("one <x> here", "one <x> here")]
    [InlineData("< dog >", "< dog >")]
    [InlineData("", "")]
    public void Expand_Prompts_ReplacesIdentifiersOnce(string prompt, string expected)
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        tokenizer.AddLearnedToken("<dog>", 3);
        tokenizer.AddLearnedToken("<x>", 1);
        Assert.Equal(expected, tokenizer.Expand(prompt));
        Assert.Equal(expected, tokenizer.Expand(expected));
    }

    [Theory]
    [InlineData("a photo of easynegative", "a photo of #0#1")]
    [InlineData("a photo of EasyNegative.", "a photo of #0#1.")]
    [InlineData("(easynegative:1.2), lowres", "(#0#1:1.2), lowres")]
    [InlineData("lowres,easynegative,blurry", "lowres,#0#1,blurry")]
    [InlineData("embedding:easynegative", "#0#1")]
    [InlineData("easynegatives uneasynegative easynegative2 easynegative_v2", "easynegatives uneasynegative easynegative2 easynegative_v2")]
    [InlineData("bad-hands-5", "#2")]
    [InlineData("bad-hands", "#3#4#5")]
    [InlineData("bad-hands-5 bad-hands bad-hands-6", "#2 #3#4#5 #3#4#5-6")]
    [InlineData("bad  Prompt v2", "#6")]
    [InlineData("<dog> dog <dog>_1 <dogs>", "<dog> #7 <dog>_1 <#8>")]
    [InlineData("", "")]
    public void Encode_LearnedWords_AreTheirVectorsWhereAWordBeginsAndEnds(string prompt, string expected)
    {
        // #n stands for the n-th learned id; everything between is encoded as it stands.
        var tokenizer = s_clip.WithoutLearnedTokens();
        var words = new (string[] Words, int Count)[]
        {
            (["easynegative"], 2),
            (["bad-hands-5"], 1),
            (["bad-hands"], 3),
            (["Bad prompt v2"], 1),
            (["dog"], 1),
            (["dogs", "hounds"], 1),
        };
        var tokens = words.Select(w => tokenizer.AddLearnedWords(w.Words, w.Count)).ToArray();
        var dog = tokenizer.AddLearnedToken("<dog>", 1);
        var first = tokenizer.VocabularySize;
        var plain = s_clip.WithoutLearnedTokens();
        List<int> ids = [];
        foreach (var piece in System.Text.RegularExpressions.Regex.Split(expected, @"(#\d|<dog>(?:_1)?)"))
        {
            if (piece is ['#', var digit])
            {
                ids.Add(first + digit - '0');
            }
            else if (piece.StartsWith("<dog>", StringComparison.Ordinal))
            {
                ids.Add(dog.FirstId);
                ids.AddRange(plain.ContentIds(piece[5..]));
            }
            else
            {
                ids.AddRange(plain.ContentIds(piece));
            }
        }

        Assert.Equal(ids, tokenizer.ContentIds(tokenizer.Expand(prompt)));
        Assert.All(tokens, token => Assert.Equal(Enumerable.Range(token.FirstId, token.Count).Any(ids.Contains), tokenizer.Uses(prompt, token)));
        Assert.Equal([0, 2, 3, 6, 7, 8], tokens.Select(token => token.FirstId - first));
    }

    [Fact]
    public void AddLearnedWords_TakenOrEmpty_IsRefused()
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        tokenizer.AddLearnedWords(["easynegative"], 2);
        Assert.Contains(
            "easynegative is used twice",
            Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedWords(["EasyNegative"], 2)).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedWords([" "], 2));
        Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedWords(["x"], 76));
        Assert.Single(tokenizer.LearnedTokens);
    }

    [Fact]
    public void Encode_AnIdentifierThatStartsWithAnothers_MatchesTheLongest()
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        tokenizer.AddLearnedToken("<dog>", 12);
        var other = tokenizer.AddLearnedToken("<dog>".Replace("g", "gs", StringComparison.Ordinal), 1);
        Assert.Equal([49408 + 11], tokenizer.ContentIds("<dog>_11"));
        Assert.Equal([49408 + 1, 49408 + 1], tokenizer.ContentIds("<dog>_1<DOG>_1"));
        Assert.Equal([other.FirstId], tokenizer.ContentIds("<dogs>"));
        Assert.Equal(49408 + 12, other.FirstId);
    }

    [Theory]
    [InlineData("<Dog>")]
    [InlineData("<a_b-9>")]
    [InlineData("<0123456789012345678901234567890>", false)] // 33 characters
    [InlineData("dog", false)]
    [InlineData("<dog", false)]
    [InlineData("<my dog>", false)]
    [InlineData("<-dog>", false)]
    [InlineData("<>", false)]
    [InlineData("", false)]
    [InlineData("<dög>", false)]
    [InlineData("<dog>\n", false)]
    [InlineData("<|endoftext|>", false)]
    [InlineData("<../dog>", false)]
    public void AddLearnedToken_AnyName_TakesIdentifiersAlone(string name, bool valid = true)
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        if (valid)
        {
            Assert.Equal(name, tokenizer.AddLearnedToken(name, 1).Name);
            return;
        }

        var error = Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedToken(name, 1));
        Assert.Equal("token", error.Field);
        tokenizer.AddLearnedToken(error.Hint!.Split('"')[1], 1);
        Assert.Single(tokenizer.LearnedTokens);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(76)]
    public void AddLearnedToken_VectorsOutOfRange_IsRefused(int vectors) =>
        Assert.Equal("vectors", Assert.Throws<InvalidInputException>(() => s_clip.WithoutLearnedTokens().AddLearnedToken("<dog>", vectors)).Field);

    [Fact]
    public void AddLearnedToken_Twice_IsRefusedInAnyCase()
    {
        var tokenizer = s_clip.WithoutLearnedTokens();
        tokenizer.AddLearnedToken("<dog>", 4);
        Assert.Contains("twice", Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedToken("<dog>", 4)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "<dog>: letter case",
            Assert.Throws<InvalidInputException>(() => tokenizer.AddLearnedToken("<DOG>", 4)).Message,
            StringComparison.Ordinal
        );
    }

    [Theory]
    [InlineData("dog", true)]
    [InlineData("Dog", true)]
    [InlineData("sks", true)]
    [InlineData("<|endoftext|>", true)]
    [InlineData("<dog>", false)]
    [InlineData("xqzwv", false)]
    [InlineData("teddy bear", false)]
    [InlineData("", false)]
    public void IsVocabularyWord_OfClip_KnowsSingleWords(string text, bool expected) => Assert.Equal(expected, s_clip.IsVocabularyWord(text));

    [Fact]
    public void AddLearnedToken_ThatAVocabularyHolds_IsRefused()
    {
        // As in a model folder that was saved with a token added to its vocabulary.
        var vocabulary = JsonSerializer.Deserialize<Dictionary<string, int>>(File.ReadAllText(Golden.PathOf("sd15-tiny", "tokenizer", "vocab.json")))!;
        vocabulary.Add("<dog>", 960);
        Write("vocab.json", JsonSerializer.Serialize(vocabulary));
        File.Copy(Golden.PathOf("sd15-tiny", "tokenizer", "merges.txt"), Path.Combine(_folder.FullName, "merges.txt"));
        var error = Assert.Throws<InvalidInputException>(() => ClipTokenizer.Load(_folder.FullName, 77).AddLearnedToken("<dog>", 4));
        Assert.Contains("already a word", error.Message, StringComparison.Ordinal);
        Assert.Contains("<my-dog>", error.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_ALongText_IsCutBeforeTheEndToken()
    {
        var text = s_toyworld.Encode(string.Join(' ', Enumerable.Repeat("cat", 40)));
        Assert.True(text.Truncated);
        Assert.Equal((42, 32), (text.UntruncatedLength, text.Ids.Count));
        Assert.Equal((s_toyworld.StartId, s_toyworld.EndId), ((int)text.Ids[0], (int)text.Ids[^1]));
        Assert.False(s_toyworld.Encode(string.Join(' ', Enumerable.Repeat("cat", 30))).Truncated);
        Assert.Equal("prompt", Assert.Throws<InvalidInputException>(() => s_toyworld.Encode(new string('x', 20_001))).Field);
    }

    [Theory]
    [InlineData(null, "#version: 0.2\n", "vocab.json doesn't exist")]
    [InlineData("{\"<|startoftext|>\":0,\"<|endoftext|>\":1}", null, "merges.txt doesn't exist")]
    [InlineData("[]", "", "no JSON object")]
    [InlineData("{", "", "no valid JSON")]
    [InlineData("{\"a\":\"b\"}", "", "no id of its own")]
    [InlineData("{\"a\":0,\"b\":0}", "", "each once")]
    [InlineData("{\"a\":-1}", "", "the id -1")]
    [InlineData("{\"a\":0,\"a\":1}", "", "names a twice")]
    [InlineData("{\"a\":0}", "", "lacks the token <|startoftext|>")]
    [InlineData("{\"<|startoftext|>\":0,\"<|endoftext|>\":1}", "a b c\n", "where a pair is due")]
    [InlineData("{\"<|startoftext|>\":0,\"<|endoftext|>\":1}", "q z\n", "doesn't fit vocab.json")]
    public void Load_BrokenFolder_IsRefused(string? vocabulary, string? merges, string expected)
    {
        if (vocabulary is not null)
        {
            Write("vocab.json", vocabulary);
        }
        if (merges is not null)
        {
            Write("merges.txt", merges);
        }
        var error = Assert.Throws<InvalidInputException>(() => ClipTokenizer.Load(_folder.FullName, 77));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.StartsWith("tokenizer/", error.Field, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_PadTokenOfTheFolder_IsUsed()
    {
        File.Copy(Golden.PathOf("sd15-tiny", "tokenizer", "merges.txt"), Path.Combine(_folder.FullName, "merges.txt"));
        File.Copy(Golden.PathOf("sd15-tiny", "tokenizer", "vocab.json"), Path.Combine(_folder.FullName, "vocab.json"));
        Assert.Equal("<|endoftext|>", ClipTokenizer.Load(_folder.FullName, 77).PadToken);
        Write("tokenizer_config.json", """{"pad_token":{"content":"?"}}""");
        Assert.Equal("?", ClipTokenizer.Load(_folder.FullName, 77).PadToken);
        Write("special_tokens_map.json", """{"pad_token":"!"}""");
        Assert.Equal("!", ClipTokenizer.Load(_folder.FullName, 77).PadToken);
        Write("special_tokens_map.json", """{"pad_token":"nonesuch"}""");
        Assert.Contains("nonesuch", Assert.Throws<InvalidInputException>(() => ClipTokenizer.Load(_folder.FullName, 77)).Message, StringComparison.Ordinal);
    }

    private static string[] Texts(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetString()!)];

    private static void AssertSameIds(ClipTokenizer tokenizer, string family, int count)
    {
        var entries = s_reference.GetProperty(family).EnumerateArray().ToArray();
        Assert.Equal(count, entries.Length);
        var wrong = new StringBuilder();
        foreach (var entry in entries)
        {
            var text = entry.GetProperty("text").GetString()!;
            var actual = tokenizer.Encode(text);
            var expected = entry.GetProperty("ids").EnumerateArray().Select(i => i.GetInt64()).ToArray();
            if (!expected.SequenceEqual(actual.Ids) || entry.GetProperty("untruncated_length").GetInt32() != actual.UntruncatedLength)
            {
                wrong.AppendLine(
                    System.Globalization.CultureInfo.InvariantCulture,
                    $"{JsonSerializer.Serialize(text)}: {string.Join(' ', actual.Ids.Take(20))} instead of {string.Join(' ', expected.Take(20))}"
                );
            }
        }

        Assert.True(wrong.Length == 0, wrong.ToString());
    }

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder.FullName, name), text);
}
