using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>A job's published manifest, read with nothing else known of the job: whatever it says is checked.</summary>
internal sealed record PublishedManifest
{
    /// <summary>Most bytes that are read of a manifest.</summary>
    public const int MaxBytes = 16 << 20;

    // The progress log of each is looked for.
    private const long MaxEpoch = 10_000;

    /// <summary>Name of the file that holds the request.</summary>
    public const string RequestFile = "request.json";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
        MaxDepth = 32,
    };

    private PublishedManifest(Content content, PublishedResult result, long epoch)
    {
        (Result, Epoch) = (result, epoch);
        Files = [.. result.Files.Select(file => new JobFile(file.Path, file.Stored.Bytes, file.Stored.Sha256))];
        (Created, Started, Finished, Seconds) = (content.Created, content.Started, content.Finished, content.Seconds);
        (Metrics, Steps) = (content.Metrics, content.Options?.Steps ?? 0);
        Warnings = content.Warnings.IsDefault ? [] : content.Warnings;
    }

    /// <summary>Where the files lie.</summary>
    public PublishedResult Result { get; }

    /// <summary>The epoch that made them, 1 or more.</summary>
    public long Epoch { get; }

    /// <summary>The files, as the job's state lists them.</summary>
    public ImmutableArray<JobFile> Files { get; }

    public DateTimeOffset Created { get; }

    public DateTimeOffset? Started { get; }

    public DateTimeOffset Finished { get; }

    /// <summary>Seconds that slots worked.</summary>
    public double Seconds { get; }

    public JobMetrics? Metrics { get; }

    /// <summary>Training steps; 0 where the manifest does not tell.</summary>
    public int Steps { get; }

    public ImmutableArray<string> Warnings { get; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="jobId">The job in whose folder it lies.</param>
    /// <param name="utf8">The document.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or another job's; the message is one sentence.</exception>
    public static PublishedManifest Read(string jobId, ReadOnlyMemory<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            throw new InvalidDataException($"The manifest of job {jobId} has {utf8.Length} bytes; at most {MaxBytes} are read.");
        var result = PublishedResult.Parse(jobId, utf8);
        try
        {
            var content = JsonSerializer.Deserialize<Content>(utf8.Span, s_options) ?? throw new JsonException("it is empty");
            Require(content.Id == jobId, $"it is that of job '{Shorten(content.Id)}'");
            Require(content.State == "succeeded", $"its state is '{Shorten(content.State)}'");
            Require(content.Epoch is > 0 and <= MaxEpoch, $"its epoch is {content.Epoch}");
            Require(content.Seconds is >= 0 and < 1e12, "its seconds are out of range");
            Require(content.Options is not { Steps: < 0 or > 100_000 }, "its steps are out of range");
            Require(content.Metrics is null || (!content.Metrics.Objects.IsDefault && !content.Metrics.Objects.Contains(null!)), "its metrics name no object");
            Require(content.Warnings.IsDefault || !content.Warnings.Contains(null!), "it holds an empty warning");
            Require(result.Files.Count > 0, "it names no files");
            Require(result.Files.Select(file => file.Path).Distinct(StringComparer.Ordinal).Count() == result.Files.Count, "it names a file twice");
            foreach (var file in result.Files)
            {
                Require(file.Stored.Bytes >= 0 && BlobPaths.IsHash(file.Stored.Sha256), $"it gives no length and hash of {file.Path}");
                // Everything else below a job is somebody's garbage, sooner or later.
                Require(
                    file.Stored.Path == BlobPaths.EpochResult(jobId, content.Epoch) + file.Path || file.Stored.Path == BlobPaths.ResultFile(jobId, file.Path),
                    $"{file.Path} lies at {file.Stored.Path}, which is no place of a result of epoch {content.Epoch}");
            }

            return new PublishedManifest(content, result, content.Epoch);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or FormatException)
        {
            throw new InvalidDataException($"The manifest of job {jobId} is damaged: {e.Message.TrimEnd('.')}.", e);
        }
    }

    /// <summary>The file that holds the request; null if there is none.</summary>
    public ArtifactInfo? Request => Result.Files.FirstOrDefault(file => file.Path == RequestFile)?.Stored;

    private static string Shorten(string text) => text.Length > 80 ? string.Concat(text.AsSpan(0, 80), "...") : text;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
            throw new JsonException(otherwise);
    }

    private sealed record Content
    {
        public required string Id { get; init; }

        public required string State { get; init; }

        public required DateTimeOffset Created { get; init; }

        public DateTimeOffset? Started { get; init; }

        public required DateTimeOffset Finished { get; init; }

        public double Seconds { get; init; }

        public required long Epoch { get; init; }

        public OptionsContent? Options { get; init; }

        public JobMetrics? Metrics { get; init; }

        public ImmutableArray<string> Warnings { get; init; }
    }

    private sealed record OptionsContent
    {
        public int? Steps { get; init; }
    }
}
