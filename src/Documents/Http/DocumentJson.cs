using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Documents.Requests;

namespace OrleansOneShot.Documents.Http;

/// <summary>How documents are written over HTTP and read back: snake_case, enums by name, what is null left out. Server and client use the same.</summary>
public static class DocumentJson
{
    /// <summary>The options; frozen.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions(DocumentContext.Default.Options)
        {
            // Bodies of application/json are never HTML, and "<cat>" should read as itself.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
        };
        options.MakeReadOnly();
        return options;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals
)]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(ImplantationList))]
[JsonSerializable(typeof(ImplantationRequest))]
[JsonSerializable(typeof(ImplantationStatus))]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(KeyRequest))]
[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(ProblemDocument))]
[JsonSerializable(typeof(ProgressEvent))]
internal sealed partial class DocumentContext : JsonSerializerContext;
