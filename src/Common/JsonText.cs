using System.Text.Json;

namespace OrleansOneShot.Common;

/// <summary>JSON as its bytes, where these are what is hashed.</summary>
public static class JsonText
{
    /// <summary>An object's text without one of its own members, all other bytes as they are.</summary>
    /// <param name="utf8">The text; comments and trailing commas are passed over.</param>
    /// <param name="name">The member.</param>
    /// <returns>The rest; all of it where there is no such member, or where it is no JSON, which reading it says.</returns>
    public static byte[] Without(byte[] utf8, string name)
    {
        ArgumentNullException.ThrowIfNull(utf8);
        ArgumentNullException.ThrowIfNull(name);
        try
        {
            var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var end = 0;
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals(name))
                {
                    reader.Skip();
                    return [.. utf8.AsSpan(0, end), .. utf8.AsSpan((int)reader.BytesConsumed)];
                }

                end = (int)reader.BytesConsumed;
            }
        }
        catch (JsonException)
        {
            // Whoever reads it says so.
        }

        return utf8;
    }
}
