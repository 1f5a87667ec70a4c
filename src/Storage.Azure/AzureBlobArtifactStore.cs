using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Polly;

namespace OrleansOneShot.Storage.Azure;

/// <summary>
/// A store in a container of Azure Blob Storage. Files written whole are block blobs with their SHA-256 in the metadata (<see cref="BlobUpload"/>); logs are
/// append blobs (<see cref="BlobAppender"/>), whose hash is computed when somebody asks for it. Thread-safe.
/// </summary>
public sealed partial class AzureBlobArtifactStore : IArtifactStore
{
    private const int MaxKnownHashes = 4096;
    private const int DeletionsInFlight = 8;

    private readonly AzureBlobOptions _options;
    private readonly BlobClients _clients;
    private readonly BlobErrors _errors;
    private readonly BlobUpload _upload;
    private readonly BlobAppender _appender;
    private readonly ResiliencePipeline _reading;
    private readonly string _prefix;

    // Hashes of blobs that carry none, by version.
    private readonly ConcurrentDictionary<(string Path, ETag Version), string> _hashes = new();
    private volatile bool _containerTried;

    /// <summary>Makes a store; nothing is sent yet. The first call creates the container if it is not there and that is allowed.</summary>
    /// <param name="options">Which container, and how to get at it.</param>
    /// <exception cref="ArgumentException">An option does not fit; the message names it and shows no secret.</exception>
    public AzureBlobArtifactStore(AzureBlobOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";
        _clients = BlobClients.Create(options);
        _errors = new BlobErrors(_clients.Retrying.Uri);
        _upload = new BlobUpload(_clients, _errors, options);
        _appender = new BlobAppender(_clients, _errors, options);
        _reading = BlobRetry.OfTransient(options);
    }

    /// <inheritdoc/>
    public string Kind => "azure";

    /// <inheritdoc/>
    public async Task<ArtifactInfo> WriteAsync(
        string path,
        Stream content,
        WriteCondition condition = WriteCondition.Any,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(content);
        var name = Name(path);
        await TryContainerAsync(cancellationToken);
        return await _upload.WriteAsync(path, name, content, condition, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<long> AppendAsync(string path, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(expectedLength);
        var name = Name(path);
        await TryContainerAsync(cancellationToken);
        return await _appender.AppendAsync(path, name, content, expectedLength, cancellationToken);
    }

    /// <summary>
    /// Opens a file for reading, from any offset. A broken connection is opened again where it broke, for as often as the options allow without a byte between.
    /// </summary>
    /// <inheritdoc/>
    public async Task<Stream> OpenReadAsync(string path, CancellationToken cancellationToken = default) =>
        await OpenAsync(path, cancellationToken) ?? throw new FileNotFoundException($"The store has no file {path}.", path);

    /// <inheritdoc/>
    public async Task<ArtifactInfo?> GetInfoAsync(string path, CancellationToken cancellationToken = default)
    {
        var name = Name(path);
        await TryContainerAsync(cancellationToken);
        var there = await _errors.GuardAsync<BlobProperties?>(
            $"looking up {path}",
            async () =>
            {
                try
                {
                    return await _clients.Retrying.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
                }
                catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e))
                {
                    return null;
                }
            },
            cancellationToken
        );
        return there is null ? null : await InfoAsync(path, there.ContentLength, there.ETag, there.Metadata, cancellationToken);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ArtifactInfo> ListAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var blob in BlobsAsync(prefix, cancellationToken))
        {
            var path = blob.Name[_prefix.Length..];
            var version = blob.Properties.ETag ?? default;
            if (await InfoAsync(path, blob.Properties.ContentLength ?? 0, version, blob.Metadata, cancellationToken) is { } info)
            {
                yield return info;
            }
        }
    }

    /// <inheritdoc/>
    public async Task DeleteAsync(string path, CancellationToken cancellationToken = default)
    {
        var name = Name(path);
        await TryContainerAsync(cancellationToken);
        await _errors.GuardAsync(
            $"deleting {path}",
            () => _clients.Retrying.GetBlobClient(name).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, cancellationToken: cancellationToken),
            cancellationToken
        );
    }

    /// <inheritdoc/>
    public async Task<int> DeletePrefixAsync(string prefix, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(prefix);
        var paths = new List<string>();
        await foreach (var blob in BlobsAsync(prefix, cancellationToken))
        {
            paths.Add(blob.Name[_prefix.Length..]);
        }
        await Parallel.ForEachAsync(
            paths,
            new ParallelOptions { MaxDegreeOfParallelism = DeletionsInFlight, CancellationToken = cancellationToken },
            async (path, token) => await DeleteAsync(path, token)
        );
        return paths.Count;
    }

    /// <summary>The container and how it is reached; no secret.</summary>
    /// <returns>Text for people.</returns>
    public override string ToString() => _options.ToString();

    private async Task<ResumingBlobStream?> OpenAsync(string path, CancellationToken cancellationToken)
    {
        var name = Name(path);
        await TryContainerAsync(cancellationToken);
        return await ResumingBlobStream.OpenAsync(_clients, _errors, _reading, path, name, cancellationToken);
    }

    private async IAsyncEnumerable<BlobItem> BlobsAsync(string prefix, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var start = _prefix + ArtifactPath.RequirePrefix(prefix);
        await TryContainerAsync(cancellationToken);
        var pages = _clients
            .Retrying.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, start, cancellationToken)
            .AsPages(pageSizeHint: _options.PageSize)
            .GetAsyncEnumerator(cancellationToken);
        await using (pages.ConfigureAwait(false))
        {
            while (await _errors.GuardAsync($"listing {prefix}", () => pages.MoveNextAsync().AsTask(), cancellationToken))
            {
                foreach (var blob in pages.Current.Values)
                {
                    yield return blob;
                }
            }
        }
    }

    // Null: deleted meanwhile.
    private async Task<ArtifactInfo?> InfoAsync(
        string path,
        long bytes,
        ETag version,
        IDictionary<string, string>? metadata,
        CancellationToken cancellationToken
    )
    {
        if ((BlobMarks.HashIn(metadata) ?? _hashes.GetValueOrDefault((path, version))) is { } known)
        {
            return new ArtifactInfo(path, bytes, known);
        }
        await using var stream = await OpenAsync(path, cancellationToken);
        if (stream is null)
        {
            return null;
        }
        var hash = Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancellationToken));
        if (_hashes.Count >= MaxKnownHashes)
        {
            _hashes.Clear();
        }
        _hashes[(path, stream.Version)] = hash;
        return new ArtifactInfo(path, stream.Length, hash);
    }

    // Once a store. An identity that may not create containers is told so by the call itself if the container is missing.
    private async Task TryContainerAsync(CancellationToken cancellationToken)
    {
        if (_containerTried)
        {
            return;
        }
        await _errors.GuardAsync(
            $"opening the container {_options.Container}",
            async () =>
            {
                try
                {
                    await _clients.Retrying.CreateIfNotExistsAsync(PublicAccessType.None, cancellationToken: cancellationToken);
                }
                catch (RequestFailedException e) when (e.Status is 401 or 403)
                {
                    // May be read-only: what is asked for next shows.
                }

                return true;
            },
            cancellationToken
        );
        _containerTried = true;
    }

    private string Name(string path) => _prefix + ArtifactPath.Require(path);
}
