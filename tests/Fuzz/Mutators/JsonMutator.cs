using System.Text;
using System.Text.Json;

namespace OrleansOneShot.Fuzz.Mutators;

/// <summary>
/// Changes a JSON document token by token: odd values, names that occur twice, halves of surrogate pairs, bytes that are no UTF-8, depth, cuts.
/// </summary>
internal static class JsonMutator
{
    private static readonly string[] s_odd =
    [
        "1e999",
        "-1e999",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "2147483647",
        "-2147483648",
        "4294967296",
        "0",
        "-1",
        "1",
        "2",
        "3",
        "4",
        "64",
        "1000000",
        "0.5",
        "1e-320",
        "-0",
        "null",
        "true",
        "false",
        "\"\"",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"x\"",
        "\"auto\"",
        "[]",
        "{}",
        "[[]]",
        "[null]",
        "{\"\":null}",
        "[1,2,3]",
        "[0]",
        "[-1]",
        "[null,null]",
        "[\"a\",null]",
        "\"NaN\"",
        "\"Infinity\"",
        "\"../../etc/passwd\"",
        "\"/etc/passwd\"",
        "\"a/b\"",
        "8192",
        "32",
        "16",
        "8",
        "128",
        "256",
        "[8192,8192,8192,8192]",
        "[32,64,null,64]",
        "100000",
        "1.0000000000000000000000000000000000001",
        "12345678901234567890123456789012345678901234567890",
        "\"2026-99-01T00:00:00Z\"",
        "\"\\u001b[31m\"",
    ];

    /// <summary>A changed copy.</summary>
    public static byte[] Mutate(Random random, byte[] json)
    {
        var kind = random.Next(100);
        return kind switch
        {
            < 6 => Bytes.Flip(random, json, 3),
            < 9 => json[..random.Next(json.Length)],
            < 11 => Deep(random, json),
            < 19 => Unreadable(random, json),
            < 21 => [.. json, .. Encoding.UTF8.GetBytes(random.Next(2) == 0 ? "{}" : " x")],
            _ => Values(random, json, random.Next(1, kind < 70 ? 2 : 4)),
        };
    }

    private static byte[] Deep(Random random, byte[] json)
    {
        var depth = random.Next(2) == 0 ? random.Next(60, 70) : random.Next(100, 100_000);
        var at = Array.IndexOf(json, (byte)':') + 1;
        return [.. json[..at], .. Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth) + ",\"zz\":"), .. json[at..]];
    }

    private static byte[] Unreadable(Random random, byte[] json)
    {
        for (var tries = 0; tries < 50; tries++)
        {
            var at = random.Next(json.Length);
            if (char.IsAsciiLetter((char)json[at]))
            {
                byte[] put = random.Next(4) switch
                {
                    0 => [0xC3],
                    1 => [0xFF],
                    2 => Encoding.ASCII.GetBytes("\\ud800"),
                    _ => [0xED, 0xA0, 0x80],
                };
                return [.. json[..at], .. put, .. json[(at + 1)..]];
            }
        }

        return json;
    }

    private static byte[] Values(Random random, byte[] json, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var tokens = Tokens(json);
            if (tokens.Count == 0)
            {
                break;
            }

            var (at, length, isName) = tokens[random.Next(tokens.Count)];
            json = isName
                ? Name(random, json, at, length, [.. tokens.Where(token => token.IsName)])
                : [.. json[..at], .. Odd(random), .. json[(at + length)..]];
        }

        return json;
    }

    private static byte[] Name(Random random, byte[] json, int at, int length, List<(int At, int Length, bool IsName)> names)
    {
        switch (random.Next(3))
        {
            case 0:
                var other = names[random.Next(names.Count)];
                return [.. json[..at], .. json[other.At..(other.At + other.Length)], .. json[(at + length)..]];
            case 1:
                return [.. json[..(at + 1)], (byte)'q', .. json[(at + 1)..]];
            default: // the same name twice
                return [.. json[..(at + length)], (byte)':', .. Odd(random), (byte)',', .. json[at..]];
        }
    }

    private static byte[] Odd(Random random) =>
        Encoding.UTF8.GetBytes(random.Next(12) == 0 ? $"\"{new string('x', random.Next(1, 70_000))}\"" : s_odd[random.Next(s_odd.Length)]);

    private static List<(int At, int Length, bool IsName)> Tokens(byte[] json)
    {
        var tokens = new List<(int, int, bool)>();
        var open = new Stack<int>();
        try
        {
            var reader = new Utf8JsonReader(
                json,
                new JsonReaderOptions
                {
                    AllowTrailingCommas = true,
                    CommentHandling = JsonCommentHandling.Skip,
                    MaxDepth = 1000,
                }
            );
            while (reader.Read())
            {
                var (start, end) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        tokens.Add((start, reader.ValueSpan.Length + 2, true));
                        break;
                    case JsonTokenType.StartArray or JsonTokenType.StartObject:
                        open.Push(start);
                        break;
                    case JsonTokenType.EndArray or JsonTokenType.EndObject:
                        var begun = open.Pop();
                        tokens.Add((begun, end - begun, false));
                        break;
                    default:
                        tokens.Add((start, end - start, false));
                        break;
                }
            }
        }
        catch (JsonException)
        {
            // Changed before: as far as it can be read.
        }

        return tokens;
    }
}
