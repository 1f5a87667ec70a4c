using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>A job's published manifest, read with nothing else known of the job: whatever it says is checked.</summary>
internal sealed record PublishedManifest
{
    /// <summary>The highest epoch that any job has: the progress log of each is looked for.</summary>
    public const long MaxEpoch = 10_000;

    /// <summary>Name of the file that holds the request.</summary>
    public const string RequestFile = "request.json";

    private static readonly JsonSerializerOptions s_options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        MaxDepth = 32,
    };

    private PublishedManifest(Content content, PublishedResult result, long epoch)
    {
        (Result, Epoch) = (result, epoch);
        Files = [.. result.Files.Select(file => new JobFile(file.Path, file.Stored.Bytes, file.Stored.Sha256))];
        (Created, Started, Finished, Seconds) = (content.Created, content.Started, content.Finished, content.Seconds);
        Kind = content.Kind == ManifestDocument.Generation ? JobKind.Generation : JobKind.Implantation;
        Metrics = content.Metrics;
        // A generation's options have the sampler's steps; it counts pictures.
        Steps = Kind == JobKind.Generation ? Files.Count(file => file.Path.EndsWith(".png", StringComparison.Ordinal)) : content.Options?.Steps ?? 0;
        Warnings = content.Warnings.IsDefault ? [] : content.Warnings;
    }

    /// <summary>Where the files lie.</summary>
    public PublishedResult Result { get; }

    /// <summary>The epoch that made them, 1 or more.</summary>
    public long Epoch { get; }

    /// <summary>What kind of job it is of.</summary>
    public JobKind Kind { get; }

    /// <summary>The files, as the job's state lists them.</summary>
    public ImmutableArray<JobFile> Files { get; }

    public DateTimeOffset Created { get; }

    public DateTimeOffset? Started { get; }

    public DateTimeOffset Finished { get; }

    /// <summary>Seconds that slots worked.</summary>
    public double Seconds { get; }

    public JobMetrics? Metrics { get; }

    /// <summary>Training steps, 0 where the manifest does not tell; pictures of a generation.</summary>
    public int Steps { get; }

    public ImmutableArray<string> Warnings { get; }

    /// <summary>Reads a manifest.</summary>
    /// <param name="jobId">The job in whose folder it lies.</param>
    /// <param name="utf8">The document.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or another job's; the message is one sentence.</exception>
    public static PublishedManifest Read(string jobId, ReadOnlyMemory<byte> utf8)
    {
        var result = PublishedResult.Parse(jobId, utf8);
        try
        {
            var content = StrictJson.Read<Content>(utf8.Span, s_options);
            Require(jobId, content.Id == jobId, $"it is that of job '{Wording.Cut(content.Id, 80)}'");
            Require(jobId, content.Kind is null or ManifestDocument.Generation, $"it is of a job of the kind '{Wording.Cut(content.Kind ?? "", 80)}'");
            Require(jobId, content.State == "succeeded", $"its state is '{Wording.Cut(content.State, 80)}'");
            Require(jobId, content.Epoch is > 0 and <= MaxEpoch, $"its epoch is {content.Epoch}");
            Require(jobId, content.Seconds is >= 0 and < 1e12, "its seconds are out of range");
            Require(jobId, content.Options is not { Steps: < 0 or > 100_000 }, "its steps are out of range");
            Require(jobId, content.Metrics is not { Objects.IsDefault: true }, "its metrics name no object");
            Require(jobId, result.Files.Count > 0, "it names no files");
            Require(jobId, result.Files.Select(file => file.Path).Distinct(StringComparer.Ordinal).Count() == result.Files.Count, "it names a file twice");
            foreach (var file in result.Files)
            {
                Require(jobId, file.Stored.Bytes >= 0 && StorePaths.IsHash(file.Stored.Sha256), $"it gives no length and hash of {file.Path}");
                // Everything else below a job is somebody's garbage, sooner or later.
                Require(
                    jobId,
                    file.Stored.Path == StorePaths.EpochResult(jobId, content.Epoch) + file.Path || file.Stored.Path == StorePaths.ResultFile(jobId, file.Path),
                    $"{file.Path} lies at {file.Stored.Path}, which is no place of a result of epoch {content.Epoch}"
                );
            }

            return new PublishedManifest(content, result, content.Epoch);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidDataException($"The manifest of job {jobId} is damaged: it {e.Message}.", e);
        }
    }

    /// <summary>The file that holds the request; null if there is none.</summary>
    public ArtifactInfo? Request => Result.Files.FirstOrDefault(file => file.Path == RequestFile)?.Stored;

    private static void Require(string jobId, bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException($"The manifest of job {jobId} is damaged: {otherwise}.");
        }
    }

    private sealed record Content
    {
        public required string Id { get; init; }

        public required string State { get; init; }

        public string? Kind { get; init; }

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
