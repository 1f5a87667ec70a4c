using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Cli.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Cli.Datasets;

/// <summary>A line of a manifest, as it is written.</summary>
internal sealed record ManifestItem
{
    /// <summary>Its id, which names the folder of its result.</summary>
    public required string Id { get; init; }

    /// <summary>Path of the photo, relative to the manifest.</summary>
    public required string Image { get; init; }

    /// <summary>The objects of the photo.</summary>
    public required ImmutableArray<ManifestObject> Objects { get; init; }

    /// <summary>Pictures to draw; left out: those of the command.</summary>
    public ImmutableArray<string> Prompts { get; init; }

    /// <summary>What this item does otherwise than the command says.</summary>
    public ItemOptions? Options { get; init; }

    /// <summary>What to find its job by.</summary>
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    /// <summary>Which part of a comparison it is for; a dataset run takes all.</summary>
    public ManifestSplit? Split { get; init; }
}

/// <summary>Parts of a comparison's manifest.</summary>
internal enum ManifestSplit
{
    /// <summary>What tables are made of.</summary>
    Table = 0,

    /// <summary>What settings are chosen by, and no table is made of.</summary>
    Tuning = 1,
}

/// <summary>An object of a manifest's item.</summary>
internal sealed record ManifestObject
{
    /// <summary>Path of its mask, relative to the manifest.</summary>
    public string? Mask { get; init; }

    /// <summary>A box around it, from which its mask is made.</summary>
    [JsonConverter(typeof(BoxConverter))]
    public PixelRectangle? Box { get; init; }

    /// <summary>Its class name.</summary>
    public required string Class { get; init; }

    /// <summary>Its identifier; left out: made of the class name.</summary>
    public string? Token { get; init; }

    /// <summary>Whether black, or transparent, marks it in the mask.</summary>
    public bool Invert { get; init; }

    /// <summary>The one value of the mask that marks it, as <c>--mask-value</c> has it.</summary>
    public string? Value { get; init; }
}

/// <summary>A box as <c>"x,y,w,h"</c>, <c>"x:y:w:h"</c> or a list of four numbers.</summary>
internal sealed class BoxConverter : JsonConverter<PixelRectangle?>, IDescribedConverter
{
    /// <inheritdoc/>
    public string Wanted => "a box as \"x,y,w,h\" in whole pixels, or a list of these four numbers";

    /// <inheritdoc/>
    public override PixelRectangle? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.StartArray => ReadNumbers(ref reader),
            _ => "",
        };
        return PromptOptions.ParseBox(text, ',') ?? PromptOptions.ParseBox(text, ':') ?? throw new JsonException();
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, PixelRectangle? value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value is { } box ? string.Create(CultureInfo.InvariantCulture, $"{box.X},{box.Y},{box.Width},{box.Height}") : null);

    private static string ReadNumbers(ref Utf8JsonReader reader)
    {
        var numbers = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            numbers.Add(reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) ? number : throw new JsonException());
        }

        return string.Join(',', numbers.Select(number => number.ToString(CultureInfo.InvariantCulture)));
    }
}
