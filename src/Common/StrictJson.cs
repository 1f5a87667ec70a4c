using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrleansOneShot.Common;

/// <summary>
/// The one way in which JSON from outside is read, so that no reader sees anything it has to be afraid of: UTF-8 and Unicode are valid (no half of a surrogate
/// pair), no object names a member twice, nothing follows the document, depth and number of values are bounded, every number fits a double, and a type's
/// members are there and are null only where the type says so; lists hold no null.
/// </summary>
/// <remarks>Size is bounded before memory is spent: <see cref="ReadFile"/> for files; streams are bounded by who reads them.</remarks>
public static class StrictJson
{
    /// <summary>Deepest nesting.</summary>
    public const int MaximumDepth = 64;

    private const string Mark = "\uFEFF";
    private static readonly ConditionalWeakTable<JsonSerializerOptions, JsonSerializerOptions> s_strict = [];

    /// <summary>Reads a file whose size is bounded.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumBytes">Most bytes, less than 2 GiB.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="UnusableJsonException">It has more.</exception>
    /// <exception cref="IOException">It is missing or can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static byte[] ReadFile(string path, long maximumBytes)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1);
        return Read(stream, maximumBytes);
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream; its length is known.</param>
    /// <param name="maximumBytes">Most bytes, less than 2 GiB.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="UnusableJsonException">It has more.</exception>
    public static byte[] Read(Stream stream, long maximumBytes)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var length = stream.Length;
        if (length > maximumBytes)
        {
            throw new UnusableJsonException(FormattableString.Invariant($"has {length:N0} bytes, more than the limit of {maximumBytes:N0}"));
        }

        var bytes = new byte[length];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return read == bytes.Length ? bytes : bytes[..read];
    }

    /// <summary>Parses a document.</summary>
    /// <param name="utf8">Its bytes, with or without a byte order mark.</param>
    /// <param name="lenient">Whether comments and trailing commas are passed over, as in configurations of published models.</param>
    /// <param name="depth">Deepest nesting.</param>
    /// <returns>The root; every text in it can be read.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static JsonElement Parse(ReadOnlySpan<byte> utf8, bool lenient = false, int depth = MaximumDepth)
    {
        utf8 = utf8.StartsWith(Encoding.UTF8.GetBytes(Mark)) ? utf8[3..] : utf8;
        JsonScan.Check(utf8, lenient, depth);
        return JsonElement.Parse(
            utf8,
            new JsonDocumentOptions
            {
                AllowDuplicateProperties = false,
                AllowTrailingCommas = lenient,
                CommentHandling = lenient ? JsonCommentHandling.Skip : JsonCommentHandling.Disallow,
                MaxDepth = depth,
            }
        );
    }

    /// <summary>Parses a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="lenient">Whether comments and trailing commas are passed over.</param>
    /// <returns>The root.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static JsonElement Parse(string text, bool lenient = false) => Parse(Bytes(text), lenient);

    /// <summary>Parses a document and reads it as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="utf8">The document.</param>
    /// <param name="options">How members are named and converted; strictness is added.</param>
    /// <returns>The value, never null.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Read<T>(Parse(utf8, options.AllowTrailingCommas, options.MaxDepth > 0 ? options.MaxDepth : MaximumDepth), options);
    }

    /// <summary>Parses a text and reads it as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="text">The text.</param>
    /// <param name="options">How members are named and converted; strictness is added.</param>
    /// <returns>The value, never null.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static T Read<T>(string text, JsonSerializerOptions options) => Read<T>(Bytes(text), options);

    /// <summary>Reads a document as a type of a generated context.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="utf8">The document.</param>
    /// <param name="type">The type, such as <c>Context.Default.Thing</c>.</param>
    /// <returns>The value, never null.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static T Read<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return Read<T>(utf8, type.Options);
    }

    /// <summary>Reads a parsed document as a type.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="root">What <see cref="Parse(ReadOnlySpan{byte}, bool, int)"/> gave.</param>
    /// <param name="options">How members are named and converted; strictness is added.</param>
    /// <returns>The value, never null.</returns>
    /// <exception cref="UnusableJsonException">It can't be used.</exception>
    public static T Read<T>(JsonElement root, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var type = (JsonTypeInfo<T>)s_strict.GetValue(options, Strict).GetTypeInfo(typeof(T));
        JsonContract.Check(root, type);
        try
        {
            return root.Deserialize(type) ?? throw JsonContract.WrongType("", root, JsonWish.Of(typeof(T)));
        }
        catch (JsonException e)
        {
            throw JsonContract.WrongType(e, root, type);
        }
    }

    /// <summary>Finds members that a type does not have, at any depth.</summary>
    /// <typeparam name="T">The type.</typeparam>
    /// <param name="root">What <see cref="Parse(ReadOnlySpan{byte}, bool, int)"/> gave.</param>
    /// <param name="options">How members are named and converted.</param>
    /// <returns>Their paths, such as <c>training.stepz</c>, in the order of the document.</returns>
    public static IEnumerable<string> FindUnknown<T>(JsonElement root, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return JsonContract.FindUnknown(root, s_strict.GetValue(options, Strict).GetTypeInfo(typeof(T)));
    }

    private static JsonSerializerOptions Strict(JsonSerializerOptions options)
    {
        var strict = new JsonSerializerOptions(options)
        {
            AllowDuplicateProperties = false,
            RespectNullableAnnotations = true,
            RespectRequiredConstructorParameters = true,
        };
        strict.TypeInfoResolver ??= new DefaultJsonTypeInfoResolver();
        return strict;
    }

    private static byte[] Bytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(text);
        }
        catch (EncoderFallbackException e)
        {
            throw new UnusableJsonException("holds text that is no Unicode (half of a surrogate pair)", null, e);
        }
    }
}
