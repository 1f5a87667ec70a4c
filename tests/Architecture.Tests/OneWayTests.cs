using System.Text.RegularExpressions;

namespace OrleansOneShot.Architecture.Tests;

/// <summary>What all of the program's code keeps to, found in its sources.</summary>
public sealed partial class OneWayTests
{
    // Converters read the value that they are given, of a document that was checked before.
    private static readonly string[] s_readers =
    [
        "src/Common/StrictJson.cs",
        "src/Common/JsonScan.cs",
        // Finds where a member's bytes lie, for a hash; values are read by StrictJson.
        "src/Common/JsonText.cs",
        "src/Compute/Imaging/ImageSizeConverter.cs",
        "src/Compute/Models/Loading/IntOrListConverter.cs",
        // Orleans' serialiser of states, which is no JSON.
        "src/Silo/Embedded/StateChecksum.cs",
    ];

    [Fact]
    public void Sources_JsonFromOutside_IsReadByStrictJsonAlone()
    {
        var sources = Sources().ToList();
        Assert.True(sources.Count > 400, $"Only {sources.Count} sources were found.");
        var direct = sources.Where(source => !s_readers.Contains(source.Name) && DirectUse().IsMatch(source.Text)).Select(source => source.Name);
        Assert.Empty(direct);
    }

    [Theory]
    [InlineData("JsonDocument.Parse(bytes)")]
    [InlineData("JsonSerializer.Deserialize<T>(x)")]
    [InlineData("await JsonSerializer.DeserializeAsync(s)")]
    [InlineData("JsonNode.Parse(x)")]
    [InlineData("element.Deserialize<T>()")]
    [InlineData("new Utf8JsonReader(x)")]
    [InlineData("client.GetFromJsonAsync<T>(u)")]
    [InlineData("content.ReadFromJsonAsync<T>()")]
    [InlineData("JsonElement.Parse(x)")]
    public void DirectUse_OfAParser_IsSeen(string code) => Assert.Matches(DirectUse(), code);

    private static IEnumerable<(string Name, string Text)> Sources() =>
        Repository.Sources("src").Select(file => (Repository.NameOf(file), File.ReadAllText(file)));

    [GeneratedRegex(
        @"Json(Document|Node|Element|Object|Array|Value)\.(Parse|TryParse)|JsonSerializer\.Deserialize|\.Deserialize(Async)?<|Utf8JsonReader\(|FromJson(Async)?<|JsonDocument\.Parse"
    )]
    private static partial Regex DirectUse();
}
