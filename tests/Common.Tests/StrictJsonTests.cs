using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Common.Tests;

public sealed partial class StrictJsonTests
{
    private static readonly JsonSerializerOptions s_options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Theory]
    [InlineData("", "is no valid JSON: ")]
    [InlineData("{", "is no valid JSON: ")]
    [InlineData("{} {}", "is no valid JSON: ")]
    [InlineData("{}x", "is no valid JSON: 'x' is invalid after a single JSON value")]
    [InlineData("{\"a\":1,}", "is no valid JSON: The JSON object contains a trailing comma at the end which is not supported in this mode (line 1, byte 8)")]
    [InlineData("{\"a\":{\"b\":1,\"b\":2}}", "names a.b twice")]
    [InlineData("{\"a\":1,\"\\u0061\":2}", "names a twice")]
    [InlineData("{\"a\":[1,[\"\\ud800\"]]}", "has in a[1][0] a text that is no Unicode (half of a surrogate pair)")]
    [InlineData("{\"\\udc00\":1}", "has a name that is no Unicode text (half of a surrogate pair)")]
    [InlineData("{\"a\":[0,1e999]}", "has a[1] = 1e999, which is out of range")]
    [InlineData("[1,2,-1e400]", "has [2] = -1e400, which is out of range")]
    public void Parse_Unusable_SaysWhat(string text, string expected)
    {
        var error = Assert.Throws<UnusableJsonException>(() => StrictJson.Parse(text));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { (byte)'"', 0xC3, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xFF, (byte)'"' })]
    [InlineData(new byte[] { (byte)'"', 0xED, 0xA0, 0x80, (byte)'"' })]
    public void Parse_InvalidUtf8_IsRefused(byte[] utf8) =>
        Assert.Equal("is no UTF-8 text", Assert.Throws<UnusableJsonException>(() => StrictJson.Parse(utf8)).Message);

    [Fact]
    public void Parse_LoneSurrogateInText_IsRefused() =>
        Assert.Contains("no Unicode", Assert.Throws<UnusableJsonException>(() => StrictJson.Parse("\"\ud800\"")).Message, StringComparison.Ordinal);

    [Fact]
    public void Parse_TooDeep_IsRefused()
    {
        StrictJson.Parse(new string('[', 64) + new string(']', 64));
        Assert.Contains(
            "depth of 64",
            Assert.Throws<UnusableJsonException>(() => StrictJson.Parse(new string('[', 65) + new string(']', 65))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Parse_TooManyValues_IsRefused()
    {
        // The list itself counts at both ends.
        static string Zeros(int count) => new StringBuilder("[0").Insert(2, ",0", count - 1).Append(']').ToString();
        Assert.Equal(3_999_998, StrictJson.Parse(Zeros(3_999_998)).GetArrayLength());
        Assert.Equal("has more than 4,000,000 values", Assert.Throws<UnusableJsonException>(() => StrictJson.Parse(Zeros(3_999_999))).Message);
    }

    [Fact]
    public void Parse_Sound_IsRead()
    {
        var root = StrictJson.Parse("\uFEFF{ \"a\": [1, null, \"\\ud83d\\ude00\", 12345678901234567890], /* c */ \"b\": {\"a\": 0.1}, }", lenient: true);
        Assert.Equal("\U0001F600", root.GetProperty("a")[2].GetString());
    }

    [Theory]
    [InlineData("{}", "lacks name", "name")]
    [InlineData("{\"name\":\"n\"}", "lacks items", "items")]
    [InlineData("{\"name\":null,\"items\":[]}", "has a value of the wrong type in name: null (wanted: a text)", "name")]
    [InlineData("{\"name\":1,\"items\":[]}", "has a value of the wrong type in name: 1 (wanted: a text)", "name")]
    [InlineData("{\"name\":\"n\",\"items\":null}", "has a value of the wrong type in items: null (wanted: a list of objects)", "items")]
    [InlineData("{\"name\":\"n\",\"items\":[null]}", "has a value of the wrong type in items[0]: null (wanted: an object)", "items[0]")]
    [InlineData(
        "{\"name\":\"n\",\"items\":[{\"path\":\"p\",\"bytes\":1},{\"path\":null,\"bytes\":1}]}",
        "has a value of the wrong type in items[1].path: null (wanted: a text)",
        "items[1].path"
    )]
    [InlineData("{\"name\":\"n\",\"items\":[{\"path\":\"p\"}]}", "lacks items[0].bytes", "items[0].bytes")]
    [InlineData(
        "{\"name\":\"n\",\"items\":[{\"path\":\"p\",\"bytes\":1.5}]}",
        "has a value of the wrong type in items[0].bytes: 1.5 (wanted: a whole number)",
        "items[0].bytes"
    )]
    [InlineData(
        "{\"name\":\"n\",\"items\":[{\"path\":\"p\",\"bytes\":99999999999999999999}]}",
        "has a value of the wrong type in items[0].bytes: 99999999999999999999 (wanted: a whole number)",
        "items[0].bytes"
    )]
    [InlineData("{\"name\":\"n\",\"items\":[],\"by_name\":{\"a\":null}}", "has a value of the wrong type in by_name.a: null (wanted: a text)", "by_name.a")]
    [InlineData("{\"name\":\"n\",\"items\":[],\"optional\":1}", "has a value of the wrong type in optional: 1 (wanted: a text)", "optional")]
    [InlineData("[]", "has a value of the wrong type: [] (wanted: an object)", null)]
    [InlineData("null", "has a value of the wrong type: null (wanted: an object)", null)]
    public void Read_Misfit_NamesTheMember(string json, string expected, string? field)
    {
        var error = Assert.Throws<UnusableJsonException>(() => StrictJson.Read<Thing>(json, s_options));
        Assert.Equal((expected, field), (error.Message, error.Field));
    }

    [Fact]
    public void Read_Fit_IsRead()
    {
        var thing = StrictJson.Read<Thing>("{\"name\":\"n\",\"items\":[{\"path\":\"p\",\"bytes\":2}],\"optional\":null,\"more\":[null]}", s_options);
        Assert.Equal(("n", 2L, null), (thing.Name, thing.Items[0].Bytes, thing.Optional));
    }

    [Theory]
    [InlineData("{\"path\":null,\"bytes\":1}", "has a value of the wrong type in path: null (wanted: a text)")]
    [InlineData("{\"path\":\"p\"}", "lacks bytes")]
    [InlineData("{\"path\":\"p\",\"PATH\":\"q\",\"bytes\":1}", "")]
    public void Read_GeneratedContext_IsAsStrict(string json, string expected)
    {
        var error = Assert.Throws<UnusableJsonException>(() => StrictJson.Read(Encoding.UTF8.GetBytes(json), Context.Default.Item));
        Assert.StartsWith(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GeneratedContext_TakesNamesInAnyCase() =>
        Assert.Equal(new Item("p", 1), StrictJson.Read("{\"PATH\":\"p\",\"Bytes\":1}"u8, Context.Default.Item));

    [Fact]
    public void ReadFile_LargerThanItsLimit_IsRefusedBeforeItIsRead()
    {
        var file = Path.GetTempFileName();
        try
        {
            using (var stream = File.OpenWrite(file))
            {
                stream.SetLength(1L << 40); // sparse: it could never be read into memory
            }

            Assert.Equal(
                "has 1,099,511,627,776 bytes, more than the limit of 1,024",
                Assert.Throws<UnusableJsonException>(() => StrictJson.ReadFile(file, 1024)).Message
            );
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void Members_OfAnotherKind_AreNamed()
    {
        var root = StrictJson.Parse("{\"a\":1.5,\"b\":\"x\"}");
        Assert.Equal("lacks c", Assert.Throws<UnusableJsonException>(() => root.Text("c")).Message);
        Assert.Equal("has a value of the wrong type in a: 1.5 (wanted: a text)", Assert.Throws<UnusableJsonException>(() => root.Text("a")).Message);
        Assert.Equal("has a value of the wrong type in a: 1.5 (wanted: a whole number)", Assert.Throws<UnusableJsonException>(() => root.Whole("a")).Message);
        Assert.Equal("lacks d", Assert.Throws<UnusableJsonException>(() => root.GetProperty("b").Text("d")).Message);
        Assert.Equal("x", root.Text("b"));
    }

    [Theory]
    [InlineData("1000", 1000)]
    [InlineData("1000.0", 1000)]
    [InlineData("1e3", 1000)]
    [InlineData("-0.0", 0)]
    [InlineData("1000.5", null)]
    [InlineData("3e9", null)]
    [InlineData("\"1000\"", null)]
    [InlineData("true", null)]
    public void Read_WholeNumberOfPython_IsOneOrIsRefusedInWords(string json, int? expected)
    {
        var options = new JsonSerializerOptions { Converters = { new WholeNumberConverter() } };
        if (expected is { } number)
        {
            Assert.Equal([number], StrictJson.Read<int[]>($"[{json}]", options));
        }
        else
        {
            Assert.Equal(
                $"has a value of the wrong type in [0]: {json} (wanted: a whole number)",
                Assert.Throws<UnusableJsonException>(() => StrictJson.Read<int[]>($"[{json}]", options)).Message
            );
        }
    }

    internal sealed record Item(string Path, long Bytes);

    private sealed record Thing
    {
        public required string Name { get; init; }

        public required ImmutableArray<Item> Items { get; init; }

        public IReadOnlyDictionary<string, string> ByName { get; init; } = ImmutableDictionary<string, string>.Empty;

        public string? Optional { get; init; }
    }

    [JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
    [JsonSerializable(typeof(Item))]
    private sealed partial class Context : JsonSerializerContext;
}
