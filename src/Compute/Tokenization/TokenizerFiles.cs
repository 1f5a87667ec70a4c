using System.Text;
using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Tokenization;

/// <summary>The files of a <c>tokenizer/</c> folder, read within limits.</summary>
internal static class TokenizerFiles
{
    // CLIP's vocab.json has 0.9 MB and 49,408 words.
    private const long MaxBytes = 32L << 20;
    private const int MaxWords = 1_000_000;

    /// <summary>vocab.json: every word's id; the ids are 0 to n - 1.</summary>
    public static Dictionary<string, int> Vocabulary(string folder)
    {
        var words = new Dictionary<string, int>(StringComparer.Ordinal);
        var root = Json(folder, "vocab.json") ?? throw Missing(folder, "vocab.json");
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw Invalid(folder, "vocab.json", "is no JSON object");
        }
        foreach (var property in root.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out var id) || !words.TryAdd(property.Name, id))
            {
                throw Invalid(folder, "vocab.json", $"gives \"{Shown(property.Name)}\" no id of its own");
            }
            if (words.Count > MaxWords)
            {
                throw Invalid(folder, "vocab.json", $"has more than {MaxWords:N0} words");
            }
        }

        var seen = new bool[words.Count];
        foreach (var (word, id) in words)
        {
            if (id < 0 || id >= seen.Length || seen[id])
            {
                throw Invalid(folder, "vocab.json", $"gives \"{Shown(word)}\" the id {id}; ids must be 0 to {seen.Length - 1}, each once");
            }
            seen[id] = true;
        }

        return words;
    }

    /// <summary>merges.txt: the pairs in the order of their rank, without the version line.</summary>
    public static List<string> Merges(string folder)
    {
        var path = Checked(folder, "merges.txt") ?? throw Missing(folder, "merges.txt");
        var merges = new List<string>();
        foreach (var line in Lines(folder, path))
        {
            if ((merges.Count == 0 && line.StartsWith("#version", StringComparison.Ordinal)) || line.Length == 0)
            {
                continue;
            }
            if (line.Count(c => c == ' ') != 1 || line[0] == ' ' || line[^1] == ' ')
            {
                throw Invalid(folder, "merges.txt", $"has the line \"{Shown(line)}\" where a pair is due");
            }
            merges.Add(line);
            if (merges.Count > MaxWords)
            {
                throw Invalid(folder, "merges.txt", $"has more than {MaxWords:N0} merges");
            }
        }

        return merges;
    }

    /// <summary>The pad token of special_tokens_map.json, else of tokenizer_config.json, else null.</summary>
    public static string? PadToken(string folder)
    {
        foreach (var name in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            if (Json(folder, name) is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("pad_token", out var pad))
            {
                continue;
            }

            // Either the text itself or an AddedToken with its content.
            if (pad.ValueKind == JsonValueKind.Object && pad.TryGetProperty("content", out var content))
            {
                pad = content;
            }
            if (pad.ValueKind == JsonValueKind.Null)
            {
                continue;
            }
            return pad.ValueKind == JsonValueKind.String && pad.GetString() is { Length: > 0 } text
                ? text
                : throw Invalid(folder, name, "has a pad_token that is no text");
        }

        return null;
    }

    /// <summary>An error about one of the files.</summary>
    public static InvalidInputException Invalid(string folder, string name, string problem, Exception? inner = null) =>
        new($"{Path.Combine(folder, name)} {problem}.", $"tokenizer/{name}", "Take the tokenizer folder of the model as published.", inner);

    private static InvalidInputException Missing(string folder, string name) =>
        new($"{Path.Combine(folder, name)} doesn't exist.", $"tokenizer/{name}", "A model folder needs tokenizer/vocab.json and tokenizer/merges.txt.");

    private static InvalidInputException Unreadable(string folder, string name, Exception error) =>
        Invalid(folder, name, $"can't be read: {error.Message.TrimEnd('.')}", error);

    private static string Shown(string text) => Wording.Cut(text, 40);

    private static string[] Lines(string folder, string path)
    {
        try
        {
            return File.ReadAllLines(path, new UTF8Encoding(false, throwOnInvalidBytes: true));
        }
        catch (DecoderFallbackException error)
        {
            throw Invalid(folder, "merges.txt", "is no UTF-8 text", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(folder, "merges.txt", error);
        }
    }

    private static JsonElement? Json(string folder, string name)
    {
        if (Checked(folder, name) is not { } path)
        {
            return null;
        }
        try
        {
            return StrictJson.Parse(StrictJson.ReadFile(path, MaxBytes), depth: 32);
        }
        catch (UnusableJsonException error)
        {
            throw Invalid(folder, name, error.Message, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(folder, name, error);
        }
    }

    private static string? Checked(string folder, string name)
    {
        var path = Path.Combine(folder, name);
        if (LinkedFile.Find(path) is not { } file)
        {
            return null;
        }
        return file.Length <= MaxBytes ? path : throw Invalid(folder, name, $"has {file.Length:N0} bytes, more than the limit of {MaxBytes:N0}");
    }
}
