using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>A size as a number, <c>{"shortest_edge": n}</c> or <c>{"height": n, "width": n}</c>.</summary>
internal sealed class ImageSizeConverter : JsonConverter<int>
{
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var root = document.RootElement;
        if (Whole(root) is { } number)
        {
            return number;
        }

        if (root.ValueKind == JsonValueKind.Object)
        {
            if (Side(root, "shortest_edge") is { } shortest)
            {
                return shortest;
            }

            if (Side(root, "height") is { } height && Side(root, "width") == height)
            {
                return height;
            }
        }

        throw new UnusableJsonException(
            $"asks for {Wording.Cut(root.GetRawText(), 80)}, which is not a size that is supported: a number, a shortest_edge, or a height and width of one "
                + $"value."
        );
    }

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    private static int? Side(JsonElement size, string name) => size.TryGetProperty(name, out var side) ? Whole(side) : null;

    // Python writes 224.0 as well.
    private static int? Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.GetDouble() is >= 0 and <= int.MaxValue and var number && number == Math.Truncate(number)
            ? (int)number
            : null;
}
