using System.Runtime.CompilerServices;
using Azure.Storage.Blobs.Models;

namespace OrleansOneShot.Storage.Azure;

/// <summary>Folders: what the names of blobs have in common up to the next '/'.</summary>
public sealed partial class AzureBlobArtifactStore
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<string> ListFoldersAsync(string folder, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var start = _prefix + ArtifactPath.RequirePrefix(folder);
        await TryContainerAsync(cancellationToken);
        var pages = _clients
            .Retrying.GetBlobsByHierarchyAsync(BlobTraits.None, BlobStates.None, "/", start, cancellationToken)
            .AsPages(pageSizeHint: _options.PageSize)
            .GetAsyncEnumerator(cancellationToken);
        await using (pages.ConfigureAwait(false))
        {
            while (await _errors.GuardAsync($"listing {folder}", () => pages.MoveNextAsync().AsTask(), cancellationToken))
            {
                foreach (var item in pages.Current.Values.Where(item => item.IsPrefix))
                {
                    yield return item.Prefix[start.Length..].TrimEnd('/');
                }
            }
        }
    }
}
