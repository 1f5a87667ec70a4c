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

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
            // Bodies of application/json are never HTML, and "<cat>" should read as itself.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
            TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(JobMetadata.LeaveOutNone),
        };
        options.MakeReadOnly();
        return options;
    }
}
