using System.Text.Json;

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
        using var document = Json(folder, "vocab.json") ?? throw Missing(folder, "vocab.json");
        if (document.RootElement.ValueKind != JsonValueKind.Object)
            throw Invalid(folder, "vocab.json", "is no JSON object");
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind != JsonValueKind.Number || !property.Value.TryGetInt32(out var id) || !words.TryAdd(property.Name, id))
                throw Invalid(folder, "vocab.json", $"gives \"{property.Name}\" no id of its own");
            if (words.Count > MaxWords)
                throw Invalid(folder, "vocab.json", $"has more than {MaxWords:N0} words");
        }

        var seen = new bool[words.Count];
        foreach (var (word, id) in words)
        {
            if (id < 0 || id >= seen.Length || seen[id])
                throw Invalid(folder, "vocab.json", $"gives \"{word}\" the id {id}; ids must be 0 to {seen.Length - 1}, each once");
            seen[id] = true;
        }

        return words;
    }

    /// <summary>merges.txt: the pairs in the order of their rank, without the version line.</summary>
    public static List<string> Merges(string folder)
    {
        var path = Checked(folder, "merges.txt") ?? throw Missing(folder, "merges.txt");
        var merges = new List<string>();
        foreach (var line in File.ReadLines(path))
        {
            if ((merges.Count == 0 && line.StartsWith("#version", StringComparison.Ordinal)) || line.Length == 0)
                continue;
            if (line.Count(c => c == ' ') != 1 || line[0] == ' ' || line[^1] == ' ')
                throw Invalid(folder, "merges.txt", $"has the line \"{(line.Length > 40 ? line[..40] : line)}\" where a pair is due");
            merges.Add(line);
            if (merges.Count > MaxWords)
                throw Invalid(folder, "merges.txt", $"has more than {MaxWords:N0} merges");
        }

        return merges;
    }

    /// <summary>The pad token of special_tokens_map.json, else of tokenizer_config.json, else null.</summary>
    public static string? PadToken(string folder)
    {
        foreach (var name in (string[])["special_tokens_map.json", "tokenizer_config.json"])
        {
            using var document = Json(folder, name);
            if (document is null || document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty("pad_token", out var pad))
                continue;

            // Either the text itself or an AddedToken with its content.
            if (pad.ValueKind == JsonValueKind.Object && pad.TryGetProperty("content", out var content))
                pad = content;
            if (pad.ValueKind == JsonValueKind.Null)
                continue;
            return pad.ValueKind == JsonValueKind.String && pad.GetString() is { Length: > 0 } text ? text : throw Invalid(folder, name, "has a pad_token that is no text");
        }

        return null;
    }

    /// <summary>An error about one of the files.</summary>
    public static InvalidInputException Invalid(string folder, string name, string problem, Exception? inner = null)
        => new($"{Path.Combine(folder, name)} {problem}.", $"tokenizer/{name}", "Take the tokenizer folder of the model as published.", inner);

    private static InvalidInputException Missing(string folder, string name)
        => new($"{Path.Combine(folder, name)} doesn't exist.", $"tokenizer/{name}", "A model folder needs tokenizer/vocab.json and tokenizer/merges.txt.");

    private static JsonDocument? Json(string folder, string name)
    {
        if (Checked(folder, name) is not { } path)
            return null;
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { MaxDepth = 32 });
        }
        catch (JsonException error)
        {
            throw Invalid(folder, name, "is no valid JSON", error);
        }
    }

    private static string? Checked(string folder, string name)
    {
        var file = new FileInfo(Path.Combine(folder, name));
        if (!file.Exists)
            return null;
        return file.Length <= MaxBytes ? file.FullName : throw Invalid(folder, name, $"has {file.Length:N0} bytes, more than the limit of {MaxBytes:N0}");
    }
}
