using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Keys;

namespace OrleansOneShot.Cli.Output;

/// <summary>Writes the documents of the command line: snake_case, enums by name, one line each.</summary>
internal static class DocumentWriter
{
    // Relaxed: the documents go to files and pipes, never into HTML, and "<cat>" should read as itself.
    private static readonly DocumentContext s_context = new(
        new JsonSerializerOptions(DocumentContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>Writes a document.</summary>
    /// <typeparam name="T">A type of <see cref="DocumentContext"/>.</typeparam>
    /// <param name="document">The document.</param>
    /// <returns>One line of JSON.</returns>
    public static string ToJson<T>(T document) => JsonSerializer.Serialize(document, typeof(T), s_context);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckListDocument))]
[JsonSerializable(typeof(CollectionDocument))]
[JsonSerializable(typeof(ComparisonDocument))]
[JsonSerializable(typeof(ComparisonEstimateDocument))]
[JsonSerializable(typeof(DatasetItemListDocument))]
[JsonSerializable(typeof(DatasetReportDocument))]
[JsonSerializable(typeof(DatasetRunDocument))]
[JsonSerializable(typeof(DatasetRunListDocument))]
[JsonSerializable(typeof(DrainDocument))]
[JsonSerializable(typeof(ErrorDocument))]
[JsonSerializable(typeof(EvaluationDocument))]
[JsonSerializable(typeof(EventDocument))]
[JsonSerializable(typeof(GenerationDocument))]
[JsonSerializable(typeof(ImplantationEstimate))]
[JsonSerializable(typeof(JobDocument))]
[JsonSerializable(typeof(JobListDocument))]
[JsonSerializable(typeof(KeyDocument))]
[JsonSerializable(typeof(KeyListDocument))]
[JsonSerializable(typeof(KnownModelListDocument))]
[JsonSerializable(typeof(MaskDocument))]
[JsonSerializable(typeof(ModelDocument))]
[JsonSerializable(typeof(ModelListDocument))]
[JsonSerializable(typeof(NewKey))]
[JsonSerializable(typeof(PulledModelDocument))]
[JsonSerializable(typeof(PushedModelDocument))]
[JsonSerializable(typeof(QueueDocument))]
[JsonSerializable(typeof(RecoveryDocument))]
[JsonSerializable(typeof(SiloListDocument))]
[JsonSerializable(typeof(SlotListDocument))]
internal sealed partial class DocumentContext : JsonSerializerContext;

/// <summary>An error on stdout.</summary>
/// <param name="Error">The error.</param>
internal sealed record ErrorDocument(ErrorDetail Error);
