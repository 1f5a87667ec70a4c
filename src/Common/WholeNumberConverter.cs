using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrleansOneShot.Common;

/// <summary>Whole numbers as files that Python wrote may have them: <c>1000.0</c> is one as well, and 1000.5 is none.</summary>
public sealed class WholeNumberConverter : JsonConverter<int>, IDescribedConverter
{
    /// <inheritdoc/>
    public string Wanted => "a whole number";

    /// <summary>Reads a number.</summary>
    /// <param name="reader">Stands on the value.</param>
    /// <returns>The number.</returns>
    /// <exception cref="JsonException">It is no whole number of 32 bits.</exception>
    public static int Read(ref Utf8JsonReader reader) =>
        reader.TokenType != JsonTokenType.Number ? throw new JsonException()
        : reader.TryGetInt32(out var whole) ? whole
        : reader.TryGetDouble(out var number) && number is >= int.MinValue and <= int.MaxValue && number == Math.Truncate(number) ? (int)number
        : throw new JsonException();

    /// <inheritdoc/>
    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Read(ref reader);

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteNumberValue(value);
    }
}
