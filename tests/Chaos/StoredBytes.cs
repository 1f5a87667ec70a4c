using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using OrleansOneShot.Storage.Azure;

namespace OrleansOneShot.Chaos;

/// <summary>Changes blobs behind the back of the program's own store: the bytes are others, and everything that was noted of them stays.</summary>
/// <param name="options">Where they are.</param>
internal sealed class StoredBytes(AzureBlobOptions options)
{
    private readonly BlobContainerClient _container = new(options.ConnectionString, options.Container);

    /// <summary>Flips a bit. Once more flips it back.</summary>
    /// <param name="path">Path in the store.</param>
    /// <param name="variant">Chooses the bit.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if there is no such blob, or it is empty.</returns>
    public async Task<bool> FlipAsync(string path, int variant, CancellationToken cancellationToken)
    {
        var blob = _container.GetBlobClient(options.Prefix is { Length: > 0 } prefix ? $"{prefix.TrimEnd('/')}/{path}" : path);
        if (!await blob.ExistsAsync(cancellationToken))
        {
            return false;
        }

        var stored = (await blob.DownloadContentAsync(cancellationToken)).Value;
        var bytes = stored.Content.ToArray();
        if (bytes.Length == 0)
        {
            return false;
        }

        var random = new Random(variant);
        bytes[random.NextInt64(bytes.Length)] ^= (byte)(1 << random.Next(8));
        await blob.UploadAsync(
            BinaryData.FromBytes(bytes),
            new BlobUploadOptions
            {
                Metadata = stored.Details.Metadata,
                HttpHeaders = new BlobHttpHeaders { ContentType = stored.Details.ContentType },
            },
            cancellationToken
        );
        return true;
    }
}
