using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace OrleansOneShot.Common;

/// <summary>
/// Goes once over a document's tokens, before anything is built from them, and refuses what parsers let through or only find when a text is asked for.
/// </summary>
internal static class JsonScan
{
    // A vocabulary has 49,408 members, the header of a checkpoint of Stable Diffusion XL 2,515 times 4.
    private const int MaximumValues = 4_000_000;

    /// <summary>Checks a document.</summary>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static void Check(ReadOnlySpan<byte> utf8, bool lenient, int depth)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new UnusableJsonException("is no UTF-8 text");
        }

        var reader = new Utf8JsonReader(
            utf8,
            new JsonReaderOptions
            {
                AllowTrailingCommas = lenient,
                CommentHandling = lenient ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow,
                MaxDepth = depth,
            }
        );
        var path = new Stack<Level>();
        var values = 0;
        try
        {
            while (reader.Read())
            {
                if (++values > MaximumValues)
                {
                    throw new UnusableJsonException(string.Create(CultureInfo.InvariantCulture, $"has more than {MaximumValues:N0} values"));
                }

                Take(ref reader, path);
            }
        }
        catch (JsonException e)
        {
            throw new UnusableJsonException($"is no valid JSON: {Sentence(e)}", null, e);
        }
    }

    private static void Take(ref Utf8JsonReader reader, Stack<Level> path)
    {
        if (reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject) && path.TryPeek(out var within))
        {
            within.Index++;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                path.Push(new Level([]));
                break;
            case JsonTokenType.StartArray:
                path.Push(new Level(null));
                break;
            case JsonTokenType.EndObject or JsonTokenType.EndArray:
                path.Pop();
                break;
            case JsonTokenType.PropertyName:
                var level = path.Peek();
                level.Name = TextOf(ref reader, path);
                if (!level.Names!.Add(level.Name))
                {
                    throw new UnusableJsonException($"names {PathOf(path)} twice", PathOf(path));
                }

                break;
            case JsonTokenType.String when reader.ValueIsEscaped:
                TextOf(ref reader, path);
                break;
            case JsonTokenType.Number when reader.ValueSpan.Length > 15 && !(reader.TryGetDouble(out var number) && double.IsFinite(number)):
            case JsonTokenType.Number
                when reader.ValueSpan.IndexOfAny((byte)'e', (byte)'E') >= 0 && !(reader.TryGetDouble(out number) && double.IsFinite(number)):
                throw new UnusableJsonException(
                    $"has {Named(path)} = {Wording.Cut(Encoding.ASCII.GetString(reader.ValueSpan), 40)}, which is out of range",
                    Named(path)
                );
        }
    }

    private static string TextOf(ref Utf8JsonReader reader, Stack<Level> path)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            // The escape of half of a surrogate pair.
            throw new UnusableJsonException(
                reader.TokenType == JsonTokenType.PropertyName
                    ? "has a name that is no Unicode text (half of a surrogate pair)"
                    : $"has in {Named(path)} a text that is no Unicode (half of a surrogate pair)",
                Named(path),
                e
            );
        }
    }

    private static string Named(Stack<Level> path) => PathOf(path) is { Length: > 0 } named ? named : "the document";

    private static string PathOf(Stack<Level> path)
    {
        var text = new StringBuilder();
        foreach (var level in path.Reverse())
        {
            if (level.Names is null)
            {
                text.Append(CultureInfo.InvariantCulture, $"[{level.Index - 1}]");
            }
            else if (level.Name is not null)
            {
                text.Append(text.Length == 0 ? "" : ".").Append(Wording.Cut(level.Name, 80));
            }
        }

        return Wording.Cut(text.ToString(), 300);
    }

    // "'x' is an invalid start of a value. LineNumber: 0 | BytePositionInLine: 5." in words.
    private static string Sentence(JsonException e)
    {
        var end = e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var text = (end < 0 ? e.Message : e.Message[..end]).Replace(" Change the reader options.", "", StringComparison.Ordinal).TrimEnd('.', ' ');
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{Wording.Cut(text, 200)} (line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1})"
        );
    }

    /// <summary>An object (with its members' names so far) or a list that is being read.</summary>
    private sealed class Level(HashSet<string>? names)
    {
        public HashSet<string>? Names { get; } = names;

        public string? Name { get; set; }

        public int Index { get; set; }
    }
}
