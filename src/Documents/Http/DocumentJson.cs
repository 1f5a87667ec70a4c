using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Http;

/// <summary>How documents are written over HTTP and read back: snake_case, enums by name, what is null left out. Server and client use the same.</summary>
/// <remarks>
/// By reflection: what the platform's source generator writes sets every init-only property that a body leaves out to null or 0, and a request is mostly
/// defaults.
/// </remarks>
public static class DocumentJson
{
    /// <summary>The options; frozen.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Makes other options write documents the same way.</summary>
    /// <param name="options">The options; not yet frozen.</param>
    public static void ApplyTo(JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower;
        options.PropertyNameCaseInsensitive = false;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals;
        // Bodies of application/json are never HTML, and "<cat>" should read as itself.
        options.Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(JobMetadata.LeaveOutNone);
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions();
        ApplyTo(options);
        options.MakeReadOnly();
        return options;
    }
}
