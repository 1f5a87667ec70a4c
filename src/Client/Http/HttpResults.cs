using System.Net;
using OrleansOneShot.Client.Results;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Http;

/// <summary>Results on a server.</summary>
/// <param name="calls">The way to it.</param>
/// <param name="jobs">Where jobs of their kind are there.</param>
internal sealed class HttpResults(HttpCalls calls, string jobs) : IResultSource
{
    /// <inheritdoc/>
    public async Task<byte[]?> ReadManifestAsync(string jobId, int mostBytes, CancellationToken cancellationToken = default)
    {
        try
        {
            await using var content = await DownloadStream.OpenAsync(calls, PathOf(jobId, StorePaths.ManifestName), cancellationToken);
            var bytes = new byte[Math.Min(content.Length, mostBytes + 1L)];
            await content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellationToken);
            return bytes.Length <= mostBytes ? bytes : throw new ArtifactTooLargeException(StorePaths.Manifest(jobId), content.Length, mostBytes);
        }
        catch (OneShotException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(string jobId, PublishedFile file, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        return await DownloadStream.OpenAsync(calls, PathOf(jobId, file.Path), cancellationToken);
    }

    private string PathOf(string jobId, string path) =>
        $"{jobs}/{Uri.EscapeDataString(jobId)}/files/{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}";
}
