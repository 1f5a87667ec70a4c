using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Contracts.Requests;

namespace OrleansOneShot.Silo.Engine;

/// <summary>request.json: what was asked for, beside what came of it.</summary>
internal static class RequestDocument
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    /// <summary>Writes the document.</summary>
    /// <param name="path">The file.</param>
    /// <param name="request">The request.</param>
    public static void Write(string path, ImplantationRequest request) => File.WriteAllText(path, JsonSerializer.Serialize(request, Json) + "\n");
}
