using System.Globalization;

namespace OrleansOneShot.Storage;

/// <summary>Where things lie in a store.</summary>
public static class BlobPaths
{
    /// <summary>An input, named by its content.</summary>
    /// <param name="sha256">SHA-256 of its bytes, 64 lower-case hexadecimal digits.</param>
    /// <returns>Its path.</returns>
    public static string Blob(string sha256) =>
        IsHash(sha256) ? $"blobs/sha256/{sha256}" : throw new ArgumentException($"'{sha256}' is no SHA-256 of 64 lower-case hexadecimal digits.", nameof(sha256));

    /// <summary>All that belongs to jobs, with a '/' at the end.</summary>
    public const string Jobs = "jobs/";

    /// <summary>All that belongs to a job, with a '/' at the end.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Job(string jobId) =>
        ArtifactPath.IsSegment(jobId) ? $"{Jobs}{jobId}/" : throw new ArgumentException($"'{jobId}' can't be the id of a job.", nameof(jobId));

    /// <summary>A checkpoint. Its name carries the step, so the one that the job refers to is never overwritten.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <param name="step">Training steps done.</param>
    /// <returns>Its path.</returns>
    public static string Checkpoint(string jobId, long epoch, int step) =>
        string.Create(CultureInfo.InvariantCulture, $"{Job(jobId)}epochs/{epoch}/checkpoint-{step:D6}.safetensors");

    /// <summary>The progress log of an epoch; epoch 0 is the time before the first start.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch.</param>
    /// <returns>Its path.</returns>
    public static string Progress(string jobId, long epoch) =>
        string.Create(CultureInfo.InvariantCulture, $"{Job(jobId)}epochs/{epoch}/progress.jsonl");

    /// <summary>All that the epochs of a job have written, with a '/' at the end.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Epochs(string jobId) => Job(jobId) + "epochs/";

    /// <summary>The result's tree as an epoch has made it, with a '/' at the end. It counts only if the manifest names it.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <returns>The prefix.</returns>
    public static string EpochResult(string jobId, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/result/");

    /// <summary>The manifest as an epoch proposes it; the job makes one of them <see cref="Manifest"/>.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch that writes it.</param>
    /// <returns>Its path.</returns>
    public static string EpochManifest(string jobId, long epoch) => string.Create(CultureInfo.InvariantCulture, $"{Epochs(jobId)}{epoch}/manifest.json");

    /// <summary>The result's tree as people look for it in a folder, with a '/' at the end: names for the files that the manifest lists. Programs go by the manifest.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The prefix.</returns>
    public static string Result(string jobId) => Job(jobId) + "result/";

    /// <summary>A file of the result.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="path">Path relative to the result.</param>
    /// <returns>Its path.</returns>
    public static string ResultFile(string jobId, string path) => Result(jobId) + ArtifactPath.Require(path);

    /// <summary>The manifest: a job that has one is done.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Its path.</returns>
    public static string Manifest(string jobId) => Job(jobId) + "manifest.json";

    /// <summary>Whether a text is a SHA-256 as paths use it.</summary>
    /// <param name="text">The text.</param>
    /// <returns>True for 64 lower-case hexadecimal digits.</returns>
    public static bool IsHash(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);
}
