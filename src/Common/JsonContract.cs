using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansOneShot.Common;

/// <summary>
/// Holds a parsed document against a type's contract before anything is made of it: required members, and null only where the type says so. Lists and
/// dictionaries hold no null.
/// </summary>
internal static class JsonContract
{
    /// <summary>Checks a value.</summary>
    /// <exception cref="UnusableJsonException">It doesn't fit; the message names the member.</exception>
    public static void Check(JsonElement value, JsonTypeInfo type) => Check(value, type, "");

    /// <summary>Finds members that a type does not have.</summary>
    public static IEnumerable<string> FindUnknown(JsonElement value, JsonTypeInfo type, string path = "") =>
        (type.Kind, value.ValueKind) switch
        {
            (JsonTypeInfoKind.Object, JsonValueKind.Object) => value
                .EnumerateObject()
                .SelectMany(item => FindUnknown(item, type, FieldPath.Join(path, item.Name))),
            (JsonTypeInfoKind.Enumerable, JsonValueKind.Array) when type.ElementType is { } element => value
                .EnumerateArray()
                .SelectMany((item, i) => FindUnknown(item, type.Options.GetTypeInfo(element), string.Create(CultureInfo.InvariantCulture, $"{path}[{i}]"))),
            _ => [],
        };

    /// <summary>The error for a value that the type can't hold.</summary>
    public static UnusableJsonException WrongType(JsonException e, JsonElement root, JsonTypeInfo type)
    {
        var field = (e.Path ?? "").TrimStart('$', '.');
        return WrongType(field, Find(root, field), JsonWish.At(type, field), e);
    }

    /// <summary>The error for a value that the type can't hold.</summary>
    /// <param name="field">Path of the member; empty for the document.</param>
    /// <param name="value">What was found; null: not known.</param>
    /// <param name="wanted">What is wanted, in words; null: not known.</param>
    /// <param name="inner">The cause.</param>
    public static UnusableJsonException WrongType(string field, JsonElement? value, string? wanted, Exception? inner = null) =>
        new(
            $"has a value of the wrong type{(field.Length == 0 ? "" : $" in {Wording.Cut(field, 200)}")}: "
                + $"{(value is { } found ? Wording.Cut(found.GetRawText(), 80) : "(unknown)")}{(wanted is null ? "" : $" (wanted: {wanted})")}",
            field.Length == 0 ? null : field,
            inner
        );

    private static void Check(JsonElement value, JsonTypeInfo type, string path)
    {
        switch (type.Kind)
        {
            case JsonTypeInfoKind.Object when value.ValueKind == JsonValueKind.Object:
                CheckMembers(value, type, path);
                break;
            case JsonTypeInfoKind.Enumerable when value.ValueKind == JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    CheckElement(item, type, string.Create(CultureInfo.InvariantCulture, $"{path}[{index++}]"));
                }

                break;
            case JsonTypeInfoKind.Dictionary when value.ValueKind == JsonValueKind.Object:
                foreach (var item in value.EnumerateObject())
                {
                    CheckElement(item.Value, type, FieldPath.Join(path, item.Name));
                }

                break;
        }
    }

    private static void CheckElement(JsonElement item, JsonTypeInfo list, string path)
    {
        if (item.ValueKind == JsonValueKind.Null)
        {
            throw WrongType(path, item, list.ElementType is { } wanted ? JsonWish.Of(wanted) : null);
        }

        if (list.ElementType is { } element)
        {
            Check(item, list.Options.GetTypeInfo(element), path);
        }
    }

    private static void CheckMembers(JsonElement value, JsonTypeInfo type, string path)
    {
        foreach (var member in type.Properties)
        {
            var found = Find(value, member.Name, type.Options.PropertyNameCaseInsensitive);
            var parameter = member.AssociatedParameter;
            var settable = member.Set is not null || parameter is not null;
            if (found is not { } present)
            {
                if (member.IsRequired || parameter is { HasDefaultValue: false, IsMemberInitializer: false })
                {
                    throw new UnusableJsonException($"lacks {FieldPath.Join(path, member.Name)}", FieldPath.Join(path, member.Name));
                }
            }
            else if (present.ValueKind != JsonValueKind.Null)
            {
                if (settable && member.CustomConverter is null)
                {
                    Check(present, type.Options.GetTypeInfo(member.PropertyType), FieldPath.Join(path, member.Name));
                }
            }
            else if (settable && !(parameter?.IsNullable ?? member.IsSetNullable))
            {
                throw WrongType(FieldPath.Join(path, member.Name), present, JsonWish.Of(member));
            }
        }
    }

    private static IEnumerable<string> FindUnknown(JsonProperty item, JsonTypeInfo parent, string path)
    {
        var compare = parent.Options.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        var known = parent.Properties.FirstOrDefault(member => string.Equals(member.Name, item.Name, compare));

        // What lies within a value that a converter of its own reads is the converter's.
        return known is null ? [path]
            : known.CustomConverter is null ? FindUnknown(item.Value, parent.Options.GetTypeInfo(known.PropertyType), path)
            : [];
    }

    private static JsonElement? Find(JsonElement value, string name, bool ignoreCase) =>
        ignoreCase
            ? value
                .EnumerateObject()
                .Where(item => string.Equals(item.Name, name, StringComparison.OrdinalIgnoreCase))
                .Select(item => (JsonElement?)item.Value)
                .FirstOrDefault()
        : value.TryGetProperty(name, out var found) ? found
        : null;

    private static JsonElement? Find(JsonElement value, string path)
    {
        JsonElement? found = value;
        foreach (var part in FieldPath.Split(path))
        {
            found = found switch
            {
                { ValueKind: JsonValueKind.Object } parent => parent.TryGetProperty(part, out var member) ? member : null,
                { ValueKind: JsonValueKind.Array } parent => int.TryParse(part, CultureInfo.InvariantCulture, out var index)
                && index >= 0
                && index < parent.GetArrayLength()
                    ? parent[index]
                    : null,
                _ => null,
            };
        }

        return found;
    }
}
