using System.Collections;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansOneShot.Common;

/// <summary>A converter that says in words what it reads, for messages.</summary>
public interface IDescribedConverter
{
    /// <summary>What is wanted, such as <c>a whole number or a list of them</c>.</summary>
    string Wanted { get; }
}

/// <summary>What a place in a document has to hold, in words: nobody outside knows the types of .NET.</summary>
internal static class JsonWish
{
    /// <summary>Of a type.</summary>
    /// <param name="type">The type.</param>
    /// <param name="plural">Whether several of them are meant.</param>
    public static string Of(Type type, bool plural = false)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        return Type.GetTypeCode(plain) switch
        {
            _ when plain.IsEnum => plural ? "names" : "a name",
            TypeCode.String or TypeCode.Char or TypeCode.DateTime => plural ? "texts" : "a text",
            TypeCode.Boolean => plural ? "true or false each" : "true or false",
            TypeCode.Single or TypeCode.Double or TypeCode.Decimal => plural ? "numbers" : "a number",
            >= TypeCode.SByte and <= TypeCode.UInt64 => plural ? "whole numbers" : "a whole number",
            _ when plain == typeof(DateTimeOffset) || plain == typeof(TimeSpan) || plain == typeof(Guid) => plural ? "texts" : "a text",
            _ when typeof(IDictionary).IsAssignableFrom(plain) || plain.GetInterfaces().Append(plain).Any(IsMap) => plural ? "objects" : "an object",
            _ when ElementOf(plain) is { } element => plural ? "lists" : $"a list of {Of(element, plural: true)}",
            _ => plural ? "objects" : "an object",
        };
    }

    /// <summary>Of a kind of value.</summary>
    /// <param name="kind">The kind.</param>
    public static string Of(JsonValueKind kind) =>
        kind switch
        {
            JsonValueKind.String => "a text",
            JsonValueKind.Number => "a number",
            JsonValueKind.Array => "a list",
            JsonValueKind.True or JsonValueKind.False => "true or false",
            _ => "an object",
        };

    /// <summary>Of a member.</summary>
    /// <param name="member">The member.</param>
    public static string Of(JsonPropertyInfo member) => (member.CustomConverter as IDescribedConverter)?.Wanted ?? Of(member.PropertyType);

    /// <summary>Of the place that a path names.</summary>
    /// <param name="type">The document's type.</param>
    /// <param name="path">The path, such as <c>items[2].bytes</c>.</param>
    /// <returns>Null if the type has no such place.</returns>
    public static string? At(JsonTypeInfo type, string path)
    {
        var (here, wanted) = ((JsonTypeInfo?)type, Of(type.Type));
        foreach (var part in FieldPath.Split(path))
        {
            if (here is null)
            {
                return null;
            }

            if (here.Kind == JsonTypeInfoKind.Object)
            {
                var compare = here.Options.PropertyNameCaseInsensitive ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
                if (here.Properties.FirstOrDefault(member => string.Equals(member.Name, part, compare)) is not { } member)
                {
                    return null;
                }

                wanted = Of(member);

                // What lies within a value that a converter of its own reads is the converter's.
                here = member.CustomConverter is null ? here.Options.GetTypeInfo(member.PropertyType) : null;
                if (here is null && member.CustomConverter is IDescribedConverter)
                {
                    return wanted;
                }
            }
            else if (here.ElementType is { } element)
            {
                (here, wanted) = (here.Options.GetTypeInfo(element), Of(element));
            }
            else
            {
                return null;
            }
        }

        return wanted;
    }

    private static bool IsMap(Type type) =>
        type.IsGenericType && (type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) || type.GetGenericTypeDefinition() == typeof(IDictionary<,>));

    private static Type? ElementOf(Type type) =>
        type.IsArray
            ? type.GetElementType()
            : type.GetInterfaces()
                .Append(type)
                .FirstOrDefault(face => face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEnumerable<>))
                ?.GetGenericArguments()[0];
}
