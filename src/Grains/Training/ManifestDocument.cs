using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// manifest.json: each epoch that gets so far proposes one beside its result; the job makes exactly one of them its manifest, and is done then.
/// </summary>
internal static class ManifestDocument
{
    /// <summary>The kind of job that a manifest of pictures names.</summary>
    public const string Generation = "generation";

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
    public static byte[] Write(IJobStatus status, long epoch, DateTimeOffset finished, double seconds, ImmutableArray<JobFile> files, EngineResult result)
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
        if (status.Request is GenerationRequest)
        {
            // Of an implantation nothing says so: that is what a manifest was always of.
            document["kind"] = Generation;
        }
        foreach (var (key, value) in result.Manifest)
        {
            if (!document.ContainsKey(key) && key is not ("files" or "metrics" or "warnings"))
            {
                document[key] = value?.DeepClone();
            }
        }

        // Where each file lies tells who made it: there is no other way to a file than through the manifest.
        document["files"] = JsonSerializer.SerializeToNode(
            files.Select(file => new
            {
                file.Path,
                file.Bytes,
                file.Sha256,
                Stored = StorePaths.WithinJob(status.Id, StorePaths.EpochResult(status.Id, epoch)) + file.Path,
            }),
            s_options
        );
        document["metrics"] = JsonSerializer.SerializeToNode(result.Metrics, s_options);
        document["warnings"] = JsonSerializer.SerializeToNode(status.Warnings.Concat(result.Warnings).Distinct(), s_options);
        return JsonSerializer.SerializeToUtf8Bytes(document, s_options);
    }
}
