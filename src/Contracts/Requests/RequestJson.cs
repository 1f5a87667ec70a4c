using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Contracts.Errors;

namespace OrleansOneShot.Contracts.Requests;

/// <summary>request.json: what was asked for, beside what came of it. From it a job is known again whose state was lost.</summary>
public static class RequestJson
{
    /// <summary>Most bytes that are read: several times as many as the longest request has.</summary>
    public const int MaxBytes = 4 << 20;

    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        MaxDepth = 16,
    };

    /// <summary>Writes the document.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Indented JSON, with a line break at the end.</returns>
    public static string Write(ImplantationRequest request) => JsonSerializer.Serialize(request, s_options) + "\n";

    /// <summary>Reads a document back and checks it like a submitted request. Fields that this version does not know are left out.</summary>
    /// <param name="utf8">The document, at most <see cref="MaxBytes"/>.</param>
    /// <returns>The request.</returns>
    /// <exception cref="JsonException">It is none.</exception>
    /// <exception cref="OneShotException">invalid_input: a field is out of its range.</exception>
    public static ImplantationRequest Read(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            throw new JsonException($"It has {utf8.Length} bytes; at most {MaxBytes} are read.");
        try
        {
            var request = JsonSerializer.Deserialize<ImplantationRequest>(utf8, s_options) ?? throw new JsonException("It holds no request.");
            if (!request.Objects.IsDefault && request.Objects.Contains(null!))
                throw new JsonException("objects holds an empty one.");
            RequestValidator.Require(request);
            return request;
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or FormatException)
        {
            // What the serialiser lets through of texts that are no Unicode, and the like.
            throw new JsonException(e.Message, e);
        }
    }
}
