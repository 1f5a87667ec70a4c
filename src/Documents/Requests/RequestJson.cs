using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Documents.Requests;

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
        MaxDepth = 16,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver().WithAddedModifier(JobMetadata.LeaveOutNone),
    };

    /// <summary>Writes the document.</summary>
    /// <param name="request">The request.</param>
    /// <returns>Indented JSON, with a line break at the end.</returns>
    public static string Write(ImplantationRequest request) => JsonSerializer.Serialize(request, s_options) + "\n";

    /// <inheritdoc cref="Write(ImplantationRequest)"/>
    public static string Write(GenerationRequest request) => JsonSerializer.Serialize(request, s_options) + "\n";

    /// <summary>Reads a document back and checks it like a submitted request. Fields that this version does not know are left out.</summary>
    /// <param name="utf8">The document, at most <see cref="MaxBytes"/>.</param>
    /// <returns>The request.</returns>
    /// <exception cref="UnusableJsonException">It is none.</exception>
    /// <exception cref="OneShotException">invalid_input: a field is out of its range.</exception>
    public static ImplantationRequest Read(ReadOnlySpan<byte> utf8)
    {
        var request = Read<ImplantationRequest>(utf8);
        RequestValidator.Require(request);
        return request;
    }

    /// <summary>Reads the document of a generation, as <see cref="Read"/> does that of an implantation.</summary>
    /// <param name="utf8">The document, at most <see cref="MaxBytes"/>.</param>
    /// <returns>The request.</returns>
    /// <exception cref="UnusableJsonException">It is none.</exception>
    /// <exception cref="OneShotException">invalid_input: a field is out of its range.</exception>
    public static GenerationRequest ReadGeneration(ReadOnlySpan<byte> utf8)
    {
        var request = Read<GenerationRequest>(utf8);
        GenerationValidator.Require(request);
        return request;
    }

    private static T Read<T>(ReadOnlySpan<byte> utf8) =>
        utf8.Length > MaxBytes
            ? throw new UnusableJsonException(FormattableString.Invariant($"has {utf8.Length:N0} bytes, more than the limit of {MaxBytes:N0}"))
            : StrictJson.Read<T>(utf8, s_options);
}
