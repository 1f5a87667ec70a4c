using System.Text.Json;

namespace OrleansOneShot.Common;

/// <summary>Members of a document that <see cref="StrictJson"/> parsed, each of the kind that is due.</summary>
public static class JsonMembers
{
    /// <summary>A member that must be there.</summary>
    /// <param name="value">An object; anything else has no members.</param>
    /// <param name="name">The member.</param>
    /// <param name="kind">What it must be.</param>
    /// <returns>The member.</returns>
    /// <exception cref="UnusableJsonException">It is missing or of another kind.</exception>
    public static JsonElement Member(this JsonElement value, string name, JsonValueKind kind)
    {
        if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var member))
        {
            throw new UnusableJsonException($"lacks {name}", name);
        }

        return member.ValueKind == kind ? member : throw JsonContract.WrongType(name, member, JsonWish.Of(kind));
    }

    /// <summary>A text that must be there.</summary>
    /// <param name="value">An object.</param>
    /// <param name="name">The member.</param>
    /// <exception cref="UnusableJsonException">It is missing or no text.</exception>
    public static string Text(this JsonElement value, string name) => value.Member(name, JsonValueKind.String).GetString()!;

    /// <summary>A whole number that must be there.</summary>
    /// <param name="value">An object.</param>
    /// <param name="name">The member.</param>
    /// <exception cref="UnusableJsonException">It is missing or no whole number of 64 bits.</exception>
    public static long Whole(this JsonElement value, string name)
    {
        var member = value.Member(name, JsonValueKind.Number);
        return member.TryGetInt64(out var number) ? number : throw JsonContract.WrongType(name, member, JsonWish.Of(typeof(long)));
    }
}
