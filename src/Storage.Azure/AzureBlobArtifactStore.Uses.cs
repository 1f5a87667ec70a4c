using System.Runtime.CompilerServices;
using Azure;
using Azure.Storage.Blobs.Models;

namespace OrleansOneShot.Storage.Azure;

/// <summary>When blobs were used: the time of their last change, which writing their metadata is too.</summary>
public sealed partial class AzureBlobArtifactStore
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<StoredFile> ListUsesAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in BlobsAsync(prefix, cancellationToken))
        {
            if (blob.Properties.LastModified is { } changed)
            {
                yield return new StoredFile(blob.Name[_prefix.Length..], blob.Properties.ContentLength ?? 0, changed);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<bool> TouchAsync(string path, CancellationToken cancellationToken = default)
    {
        var blob = _clients.Retrying.GetBlobClient(Name(path));
        await TryContainerAsync(cancellationToken);
        return await TryAsync(
            $"marking {path} as used",
            async () =>
            {
                var properties = (await blob.GetPropertiesAsync(cancellationToken: cancellationToken)).Value;
                await blob.SetMetadataAsync(properties.Metadata, new BlobRequestConditions { IfMatch = properties.ETag }, cancellationToken);
            },
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public async Task<bool> DeleteUnusedAsync(string path, DateTimeOffset since, CancellationToken cancellationToken = default)
    {
        var blob = _clients.Retrying.GetBlobClient(Name(path));
        await TryContainerAsync(cancellationToken);
        return await TryAsync(
            $"deleting {path}",
            () => blob.DeleteAsync(DeleteSnapshotsOption.IncludeSnapshots, new BlobRequestConditions { IfUnmodifiedSince = since }, cancellationToken),
            cancellationToken
        );
    }

    private Task<bool> TryAsync(string what, Func<Task> request, CancellationToken cancellationToken) =>
        _errors.GuardAsync(
            what,
            async () =>
            {
                try
                {
                    await request();
                    return true;
                }
                catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e) || BlobErrors.IsCondition(e))
                {
                    return false;
                }
            },
            cancellationToken
        );
}
