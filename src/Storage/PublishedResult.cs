using System.Text.Json;
using OrleansOneShot.Common;

namespace OrleansOneShot.Storage;

/// <summary>What a job has published, as its manifest tells. Every reader of a result goes by this, never by what happens to lie in a folder.</summary>
/// <param name="Manifest">The manifest's bytes.</param>
/// <param name="Files">The files, in the manifest's order.</param>
public sealed record PublishedResult(ReadOnlyMemory<byte> Manifest, IReadOnlyList<PublishedFile> Files)
{
    /// <summary>Longest manifest, in bytes: 4 MiB.</summary>
    public const int MaxManifestBytes = 4 << 20;

    /// <summary>Reads a job's manifest.</summary>
    /// <param name="store">The store.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What is published; null if nothing is.</returns>
    /// <exception cref="InvalidDataException">The manifest is damaged.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<PublishedResult?> ReadAsync(IArtifactStore store, string jobId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(store);
        return await store.ReadAllBytesAsync(StorePaths.Manifest(jobId), MaxManifestBytes, cancellationToken) is { } bytes ? Parse(jobId, bytes) : null;
    }

    /// <summary>Reads a job's manifest of which length and hash are known.</summary>
    /// <param name="store">The store.</param>
    /// <param name="jobId">The job.</param>
    /// <param name="bytes">Length in bytes.</param>
    /// <param name="sha256">SHA-256 of its bytes.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>What is published.</returns>
    /// <exception cref="FileNotFoundException">The store has lost the manifest.</exception>
    /// <exception cref="ArtifactCorruptException">Its bytes are others.</exception>
    /// <exception cref="InvalidDataException">It names a file that does not belong to the job.</exception>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public static async Task<PublishedResult> ReadAsync(
        IArtifactStore store,
        string jobId,
        long bytes,
        string sha256,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(store);
        var path = StorePaths.Manifest(jobId);
        if (bytes > MaxManifestBytes)
        {
            throw new ArtifactTooLargeException(path, bytes, MaxManifestBytes);
        }
        using var content = new MemoryStream((int)bytes);
        await new VerifiedReader(store).CopyAsync(new ArtifactInfo(path, bytes, sha256), content, cancellationToken);
        return Parse(jobId, content.ToArray());
    }

    /// <summary>What is said of a job that has succeeded and whose manifest the store has not.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>The error, one sentence.</returns>
    public static FileNotFoundException Gone(string jobId)
    {
        var path = StorePaths.Manifest(jobId);
        return new FileNotFoundException(
            $"The store holds no result of job {jobId} any more: {path} is gone, since it was deleted there or the store is older than the list of jobs.",
            path
        );
    }

    /// <summary>Reads a manifest.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="manifest">Its bytes.</param>
    /// <returns>What it says.</returns>
    /// <exception cref="InvalidDataException">It is damaged, or names a file that does not belong to the job.</exception>
    public static PublishedResult Parse(string jobId, ReadOnlyMemory<byte> manifest)
    {
        try
        {
            var files = StrictJson.Parse(manifest.Span).Member("files", JsonValueKind.Array).EnumerateArray().Select(file => Read(jobId, file)).ToList();
            return new PublishedResult(manifest, files);
        }
        catch (UnusableJsonException e)
        {
            throw new InvalidDataException($"The manifest of job {jobId} is damaged: it {e.Message}.", e);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new InvalidDataException($"The manifest of job {jobId} is damaged: {e.Message}", e);
        }
    }

    private static PublishedFile Read(string jobId, JsonElement file)
    {
        var path = ArtifactPath.Require(file.Text("path"));
        // Manifests of earlier versions name no place: their files lie in result/.
        var stored = file.TryGetProperty("stored", out _) ? StorePaths.Job(jobId) + file.Text("stored") : StorePaths.ResultFile(jobId, path);
        if (path.Split('/').Contains("..") || stored.Split('/').Contains(".."))
        {
            throw new FormatException($"{path} leaves the result's folder");
        }
        return new PublishedFile(path, new ArtifactInfo(ArtifactPath.Require(stored), file.Whole("bytes"), file.Text("sha256")));
    }
}

/// <summary>A file of a published result.</summary>
/// <param name="Path">Path relative to the result, with '/'.</param>
/// <param name="Stored">Where it lies in the store, its length and hash.</param>
public sealed record PublishedFile(string Path, ArtifactInfo Stored);
