using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Grains.Engine;

namespace OrleansOneShot.Grains.Training;

/// <summary>manifest.json: each epoch that gets so far proposes one beside its result; the job makes exactly one of them its manifest, and is done then.</summary>
internal static class ManifestDocument
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes the document. What the engine adds never replaces what the job knows.</summary>
    /// <param name="status">The job.</param>
    /// <param name="epoch">The epoch that publishes.</param>
    /// <param name="finished">When it does, UTC.</param>
    /// <param name="seconds">Seconds that slots worked for the job, all epochs together.</param>
    /// <param name="files">The result's files.</param>
    /// <param name="result">What the engine made.</param>
    /// <returns>UTF-8 bytes.</returns>
    public static byte[] Write(ImplantationStatus status, long epoch, DateTimeOffset finished, double seconds, ImmutableArray<JobFile> files, EngineResult result)
    {
        var document = new JsonObject
        {
            ["id"] = status.Id,
            ["name"] = status.Request.Name,
            ["state"] = "succeeded",
            ["created"] = JsonSerializer.SerializeToNode(status.Created, s_options),
            ["started"] = JsonSerializer.SerializeToNode(status.Started, s_options),
            ["finished"] = JsonSerializer.SerializeToNode(finished, s_options),
            ["seconds"] = Math.Round(seconds, 3),
            ["epoch"] = epoch,
            ["seed"] = status.Request.Seed,
        };
        foreach (var (key, value) in result.Manifest)
        {
            if (!document.ContainsKey(key) && key is not ("files" or "metrics" or "warnings"))
                document[key] = value?.DeepClone();
        }

        // Where each file lies tells who made it: there is no other way to a file than through the manifest.
        document["files"] = JsonSerializer.SerializeToNode(
            files.Select(file => new { file.Path, file.Bytes, file.Sha256, Stored = string.Create(CultureInfo.InvariantCulture, $"epochs/{epoch}/result/{file.Path}") }), s_options);
        document["metrics"] = JsonSerializer.SerializeToNode(result.Metrics, s_options);
        document["warnings"] = JsonSerializer.SerializeToNode(status.Warnings.Concat(result.Warnings).Distinct(), s_options);
        return JsonSerializer.SerializeToUtf8Bytes(document, s_options);
    }

    /// <summary>Reads back what a job needs to know of its own manifest.</summary>
    /// <param name="utf8">The document.</param>
    /// <returns>Files, quality, seconds and warnings.</returns>
    /// <exception cref="UnusableJsonException">It is none of ours.</exception>
    public static (JobResult Result, ImmutableArray<string> Warnings) Read(ReadOnlySpan<byte> utf8)
    {
        var content = StrictJson.Read<Content>(utf8, s_options);
        return (new JobResult(content.Files, content.Metrics, content.Seconds), content.Warnings.IsDefault ? [] : content.Warnings);
    }

    /// <summary>Whether a manifest says that it is of a job and an epoch.</summary>
    /// <param name="utf8">The document.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>True if it does.</returns>
    /// <exception cref="UnusableJsonException">It is none of ours.</exception>
    public static bool IsOf(ReadOnlySpan<byte> utf8, string jobId, long epoch) => StrictJson.Read<Heading>(utf8, s_options) == new Heading(jobId, epoch);

    private sealed record Heading(string? Id, long Epoch);

    private sealed record Content(ImmutableArray<JobFile> Files, JobMetrics? Metrics = null, double Seconds = 0, ImmutableArray<string> Warnings = default);
}
