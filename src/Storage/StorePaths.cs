using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansOneShot.Storage;

/// <summary>Where things lie in a store: no path of one is made, or taken apart, anywhere else (models have <see cref="SharedModelPaths"/>).</summary>
public static class StorePaths
{
    /// <summary>Name of a manifest, in the store and beside a copy of the result.</summary>
    public const string ManifestName = "manifest.json";

    /// <summary>All inputs, with a '/' at the end.</summary>
    public static string Inputs => "blobs/sha256/";

    private const string CheckpointStart = "checkpoint-";
    private const string ResultStart = "result/";
    private const string BatchEnd = ".json";

    // Two names that differ must never become one: halves of surrogate pairs would.
    private static readonly UTF8Encoding s_unicode = new(false, throwOnInvalidBytes: true);

    /// <summary>An input, named by its content.</summary>
    /// <param name="sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
    /// <returns>Its path.</returns>
    public static string Blob(string sha256) =>
        IsHash(sha256) ? Inputs + sha256 : throw new ArgumentException($"'{sha256}' is no SHA-256 of 64 lower-case hexadecimal digits.", nameof(sha256));

    /// <summary>The marks of all owners' uploads, with a '/' at the end.</summary>
    public static string Owners => "owners/";

    /// <summary>The marks of what an owner has uploaded, with a '/' at the end. Names of owners are people's: paths show their hashes alone.</summary>
    /// <param name="owner">The owner's name.</param>
    /// <returns>The prefix.</returns>
    /// <exception cref="ArgumentException">The name is empty or no Unicode.</exception>
    public static string Uploads(string owner)
    {
        ArgumentException.ThrowIfNullOrEmpty(owner);
        return $"{Owners}{Convert.ToHexStringLower(SHA256.HashData(s_unicode.GetBytes(owner)))}/uploads/";
    }

    /// <summary>The mark that an owner has uploaded an input.</summary>
    /// <param name="owner">The owner's name.</param>
    /// <param name="sha256">SHA-256 of the input's bytes, 64 lower-case hexadecimal digits.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="ArgumentException">The name is empty or no Unicode, or the hash is none.</exception>
    public static string Upload(string owner, string sha256) =>
        IsHash(sha256)
            ? Uploads(owner) + sha256
            : throw new ArgumentException($"'{sha256}' is no SHA-256 of 64 lower-case hexadecimal digits.", nameof(sha256));

    /// <summary>All that belongs to jobs, with a '/' at the end.</summary>
    public static string Jobs => "jobs/";

    /// <summary>All that belongs to a job, with a '/' at the end.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Job(string jobId) =>
        ArtifactPath.IsSegment(jobId) ? $"{Jobs}{jobId}/" : throw new ArgumentException($"'{jobId}' can't be the id of a job.", nameof(jobId));

    /// <summary>
    /// A mask that a job has made of a box. Its name is its content's, so whichever epoch writes it, what the job refers to is never changed; it goes with the
    /// job.
    /// </summary>
    /// <param name="jobId">The job.</param>
    /// <param name="sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
    /// <returns>Its path.</returns>
    /// <exception cref="ArgumentException">The id or the hash is none.</exception>
    public static string Mask(string jobId, string sha256) =>
        IsHash(sha256)
            ? $"{Job(jobId)}masks/{sha256}.png"
            : throw new ArgumentException($"'{sha256}' is no SHA-256 of 64 lower-case hexadecimal digits.", nameof(sha256));

    /// <summary>A checkpoint. Its name carries the step, so the one that the job refers to is never overwritten.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <param name="step">Training steps done.</param>
    /// <returns>Its path.</returns>
    public static string Checkpoint(string jobId, long epoch, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/{CheckpointStart}{step:D6}.safetensors");

    /// <summary>A picture of how an epoch's training goes.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that draws it.</param>
    /// <param name="step">Training steps done.</param>
    /// <returns>Its path.</returns>
    public static string Preview(string jobId, long epoch, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/preview-{step:0000}.png");

    /// <summary>The progress log of an epoch; epoch 0 is the time before the first start.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>Its path.</returns>
    public static string Progress(string jobId, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/progress.jsonl");

    /// <summary>All that the epochs of a job have written, with a '/' at the end.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Epochs(string jobId) => Job(jobId) + "epochs/";

    /// <summary>The result's tree as an epoch has made it, with a '/' at the end. It counts only if the manifest names it.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <returns>The prefix.</returns>
    public static string EpochResult(string jobId, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/{ResultStart}");

    /// <summary>The manifest as an epoch proposes it; the job makes one of them <see cref="Manifest"/>.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <returns>Its path.</returns>
    public static string EpochManifest(string jobId, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/{ManifestName}");

    /// <summary>
    /// The result's tree as people look for it in a folder, with a '/' at the end: names for the files that the manifest lists. Programs go by the manifest.
    /// </summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Result(string jobId) => Job(jobId) + ResultStart;

    /// <summary>A file of the result.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="path">Path relative to the result.</param>
    /// <returns>Its path.</returns>
    public static string ResultFile(string jobId, string path) => Result(jobId) + ArtifactPath.Require(path);

    /// <summary>The manifest: a job that has one is done.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its path.</returns>
    public static string Manifest(string jobId) => Job(jobId) + ManifestName;

    /// <summary>A path without its job's prefix, as manifests name it.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="path">A path below <see cref="Job"/>.</param>
    /// <returns>The rest of it.</returns>
    /// <exception cref="ArgumentException">The path is not of that job.</exception>
    public static string WithinJob(string jobId, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var job = Job(jobId);
        return path.StartsWith(job, StringComparison.Ordinal)
            ? path[job.Length..]
            : throw new ArgumentException($"'{path}' is not of job {jobId}.", nameof(path));
    }

    /// <summary>Takes a path apart.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="path">A path in the store, of any kind.</param>
    /// <returns>The epoch that wrote it, and what it is; null: it is of none of the job's epochs.</returns>
    public static (long Epoch, EpochFileKind Kind)? OfEpoch(string jobId, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var epochs = Epochs(jobId);
        if (
            !path.StartsWith(epochs, StringComparison.Ordinal)
            || path[epochs.Length..].Split('/', 2) is not [var number, var rest]
            || !long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)
        )
        {
            return null;
        }

        return (
            epoch,
            rest switch
            {
                ManifestName => EpochFileKind.Manifest,
                "fan-out.json" => EpochFileKind.Notes,
                _ when rest.StartsWith(ResultStart, StringComparison.Ordinal) => EpochFileKind.Result,
                _ when rest.StartsWith(CheckpointStart, StringComparison.Ordinal) => EpochFileKind.Checkpoint,
                _ => EpochFileKind.Other,
            }
        );
    }

    /// <summary>All that belongs to dataset runs, with a '/' at the end. Their jobs lie with all others.</summary>
    public static string DatasetRuns => "dataset-runs/";

    /// <summary>All that belongs to a dataset run, with a '/' at the end.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>The prefix.</returns>
    public static string DatasetRun(string runId) =>
        ArtifactPath.IsSegment(runId) ? $"{DatasetRuns}{runId}/" : throw new ArgumentException($"'{runId}' can't be the id of a run.", nameof(runId));

    /// <summary>What was asked for with the items of a dataset run, one file a batch, with a '/' at the end.</summary>
    /// <param name="runId">The run.</param>
    /// <returns>The prefix.</returns>
    public static string DatasetBatches(string runId) => DatasetRun(runId) + "items/";

    /// <summary>A batch of items of a dataset run, named by its content.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
    /// <returns>Its path.</returns>
    public static string DatasetBatch(string runId, string sha256) =>
        IsHash(sha256)
            ? $"{DatasetBatches(runId)}{sha256}{BatchEnd}"
            : throw new ArgumentException($"'{sha256}' is no SHA-256 of 64 lower-case hexadecimal digits.", nameof(sha256));

    /// <summary>The hash in a path of <see cref="DatasetBatch"/>.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="path">A path in the store.</param>
    /// <returns>SHA-256 of its bytes; null: it is no such path.</returns>
    public static string? HashOfBatch(string runId, string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var start = DatasetBatches(runId);
        return
            path.StartsWith(start, StringComparison.Ordinal)
            && path.EndsWith(BatchEnd, StringComparison.Ordinal)
            && path[start.Length..^BatchEnd.Length] is var hash
            && IsHash(hash)
            ? hash
            : null;
    }

    /// <summary>A file by which a store is tried out: written, read and deleted.</summary>
    /// <returns>A new path.</returns>
    public static string Check() => $"checks/{Guid.NewGuid():N}";

    /// <summary>Whether a text is a SHA-256 as paths use it.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True for 64 lower-case hexadecimal digits.</returns>
    public static bool IsHash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);
}

/// <summary>What a file of an epoch is.</summary>
public enum EpochFileKind
{
    /// <summary>A log, a preview, or what this version doesn't know.</summary>
    Other = 0,

    /// <summary>A checkpoint.</summary>
    Checkpoint,

    /// <summary>The manifest that the epoch proposes.</summary>
    Manifest,

    /// <summary>A file of the result as the epoch has made it.</summary>
    Result,

    /// <summary>What earlier versions left for helpers.</summary>
    Notes,
}
