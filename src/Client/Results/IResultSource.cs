using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Results;

/// <summary>Where the files of jobs' results come from. Whoever asks compares what comes.</summary>
public interface IResultSource
{
    /// <summary>The manifest of a job.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="mostBytes">Longest length that is read; looked at before any memory is taken.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; null if there is none.</returns>
    /// <exception cref="IOException">It is longer, or out of reach.</exception>
    Task<byte[]?> ReadManifestAsync(string jobId, int mostBytes, CancellationToken cancellationToken = default);

    /// <summary>Opens a file that the manifest lists.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="file">The manifest's entry.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>Its bytes; the caller disposes of them.</returns>
    /// <exception cref="FileNotFoundException">It is lost.</exception>
    /// <exception cref="IOException">It is out of reach.</exception>
    Task<Stream> OpenAsync(string jobId, PublishedFile file, CancellationToken cancellationToken = default);
}

/// <summary>Results in an artifact store.</summary>
/// <param name="store">The store.</param>
internal sealed class StoreResults(IArtifactStore store) : IResultSource
{
    /// <inheritdoc/>
    public Task<byte[]?> ReadManifestAsync(string jobId, int mostBytes, CancellationToken cancellationToken = default) =>
        store.ReadAllBytesAsync(StorePaths.Manifest(jobId), mostBytes, cancellationToken);

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(string jobId, PublishedFile file, CancellationToken cancellationToken = default) =>
        store.OpenReadAsync(file.Stored.Path, cancellationToken);
}
