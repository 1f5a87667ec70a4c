using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Models.Loading;

/// <summary>Reads a number or a list of numbers as a list: diffusers writes <c>8</c> for <c>[8, 8, 8, 8]</c>.</summary>
internal sealed class IntOrListConverter : JsonConverter<IReadOnlyList<int>>, IDescribedConverter
{
    /// <inheritdoc/>
    public string Wanted => "a whole number or a list of them";

    /// <inheritdoc/>
    public override IReadOnlyList<int> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            return [WholeNumberConverter.Read(ref reader)];
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        var values = new List<int>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            // A list of lists (SDXL's asymmetric transformers) is not supported and ends here.
            values.Add(WholeNumberConverter.Read(ref reader));
        }

        return values;
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<int> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (var item in value)
        {
            writer.WriteNumberValue(item);
        }

        writer.WriteEndArray();
    }
}
