using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Polly;

namespace OrleansOneShot.Storage.Azure;

/// <summary>
/// Appends to logs. They are append blobs: each append is one request that costs the same however long the log is, and that the service takes only at the
/// offset named, so of two writers one fails. The library must not repeat such a request by itself: if the answer was lost, the second try finds the log longer
/// and would look like somebody else's append. So this class looks before it repeats. Azure allows 50,000 appends a blob.
/// </summary>
internal sealed class BlobAppender(BlobClients clients, BlobErrors errors, AzureBlobOptions options)
{
    private const int MaxPieceBytes = 4 * 1024 * 1024;
    private const int MaxRewriteBytes = 64 * 1024 * 1024;

    private readonly ResiliencePipeline _retry = BlobRetry.OfTransient(options);
    private readonly ResiliencePipeline _damaged = BlobRetry.OfDamaged(options);

    /// <summary>Appends.</summary>
    /// <param name="path">Path in the store, for messages.</param>
    /// <param name="name">The blob's name.</param>
    /// <param name="content">The bytes.</param>
    /// <param name="expectedLength">Length that the blob must have.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The new length.</returns>
    public async Task<long> AppendAsync(string path, string name, ReadOnlyMemory<byte> content, long expectedLength, CancellationToken cancellationToken)
    {
        var what = $"appending to {path}";
        if (expectedLength == 0)
        {
            await errors.GuardAsync(what, () => CreateAsync(name, cancellationToken), cancellationToken);
        }
        if (content.IsEmpty)
        {
            var length = await LengthAsync(what, name, cancellationToken);
            return length == expectedLength ? length : throw new ArtifactChangedException(path, expectedLength, length);
        }

        var done = 0;

        while (done < content.Length)
        {
            var piece = content.Slice(done, Math.Min(MaxPieceBytes, content.Length - done));
            await AppendPieceAsync(path, name, piece, expectedLength + done, cancellationToken);
            done += piece.Length;
        }

        return expectedLength + content.Length;
    }

    // True if it was not there. A blob that is there already, empty or not, is the business of the append's own condition.
    private async Task<bool> CreateAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            await clients
                .Retrying.GetAppendBlobClient(name)
                .CreateAsync(
                    new AppendBlobCreateOptions
                    {
                        Conditions = new AppendBlobRequestConditions { IfNoneMatch = ETag.All },
                        Metadata = new Dictionary<string, string> { [BlobMarks.Writer] = Guid.NewGuid().ToString("N") },
                    },
                    cancellationToken
                );
            return true;
        }
        catch (RequestFailedException e) when (BlobErrors.IsCondition(e) || e.ErrorCode == BlobErrorCode.InvalidBlobType)
        {
            return false;
        }
    }

    private async Task AppendPieceAsync(string path, string name, ReadOnlyMemory<byte> piece, long offset, CancellationToken cancellationToken)
    {
        var what = $"appending to {path}";
        var uncertain = false;
        var outcome = await _retry.ExecuteAsync(
            async token =>
            {
                try
                {
                    var outcome = await errors.GuardAsync(what, () => SendAsync(name, piece, offset, token), token);
                    return outcome == Outcome.Changed && uncertain && await HasAsync(name, piece, offset, token) ? Outcome.Done : outcome;
                }
                catch (ArtifactStoreException e) when (e.IsTransient)
                {
                    uncertain = true;
                    throw;
                }
            },
            cancellationToken
        );
        if (outcome == Outcome.OtherType)
        {
            await RewriteAsync(path, name, piece, offset, cancellationToken);
        }
        else if (outcome == Outcome.Changed)
        {
            throw new ArtifactChangedException(path, offset, await LengthAsync(what, name, cancellationToken));
        }
    }

    private async Task<Outcome> SendAsync(string name, ReadOnlyMemory<byte> piece, long offset, CancellationToken cancellationToken)
    {
        var settings = new AppendBlobAppendBlockOptions
        {
            Conditions = new AppendBlobRequestConditions { IfAppendPositionEqual = offset },
            TransferValidation = BlobMarks.InTransit,
        };
        try
        {
            await _damaged.ExecuteAsync(
                async token =>
                    await clients.Single.GetAppendBlobClient(name).AppendBlockAsync(new MemoryStream(piece.ToArray(), writable: false), settings, token),
                cancellationToken
            );
            return Outcome.Done;
        }
        catch (RequestFailedException e) when (e.Status == 412 || BlobErrors.IsNoBlob(e))
        {
            return Outcome.Changed;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidBlobType)
        {
            return Outcome.OtherType;
        }
    }

    // Whether an append whose answer was lost has arrived: the log ends with its bytes.
    private Task<bool> HasAsync(string name, ReadOnlyMemory<byte> piece, long offset, CancellationToken cancellationToken) =>
        errors.GuardAsync(
            "reading the end of a log",
            async () =>
            {
                var blob = clients.Retrying.GetBlobClient(name);
                BlobProperties there = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
                if (there.ContentLength != offset + piece.Length)
                {
                    return false;
                }
                var tail = await blob.DownloadContentAsync(new BlobDownloadOptions { Range = new HttpRange(offset, piece.Length) }, cancellationToken);
                return tail.Value.Content.ToMemory().Span.SequenceEqual(piece.Span);
            },
            cancellationToken
        );

    // A file that was written whole is no append blob: it is read and written again, on condition that nobody else has.
    private Task<bool> RewriteAsync(string path, string name, ReadOnlyMemory<byte> piece, long offset, CancellationToken cancellationToken) =>
        errors.GuardAsync(
            $"appending to {path}",
            async () =>
            {
                var blob = clients.Retrying.GetBlockBlobClient(name);
                BlobProperties there = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
                if (there.ContentLength != offset)
                {
                    throw new ArtifactChangedException(path, offset, there.ContentLength);
                }
                if (offset + piece.Length > MaxRewriteBytes)
                {
                    throw new ArtifactStoreException(
                        ArtifactStoreFault.Refused,
                        $"{path} was written whole and has {offset} bytes: Blob Storage can append to such a file up to {MaxRewriteBytes} bytes."
                    );
                }
                var writer = Guid.NewGuid().ToString("N");
                try
                {
                    var whole = new byte[offset + piece.Length];
                    if (offset > 0)
                    {
                        var old = await blob.DownloadContentAsync(
                            new BlobDownloadOptions { Conditions = new BlobRequestConditions { IfMatch = there.ETag } },
                            cancellationToken
                        );
                        old.Value.Content.ToMemory().CopyTo(whole);
                    }

                    piece.CopyTo(whole.AsMemory((int)offset));
                    await blob.UploadAsync(
                        new MemoryStream(whole, writable: false),
                        new BlobUploadOptions
                        {
                            Conditions = new BlobRequestConditions { IfMatch = there.ETag },
                            Metadata = BlobMarks.Of(Convert.ToHexStringLower(SHA256.HashData(whole)), writer),
                            TransferValidation = BlobMarks.InTransit,
                        },
                        cancellationToken
                    );
                    return true;
                }
                catch (RequestFailedException e) when (BlobErrors.IsCondition(e))
                {
                    BlobProperties now = await blob.GetPropertiesAsync(cancellationToken: cancellationToken);
                    return BlobMarks.IsBy(now.Metadata, writer) ? true : throw new ArtifactChangedException(path, offset, now.ContentLength);
                }
            },
            cancellationToken
        );

    private Task<long> LengthAsync(string what, string name, CancellationToken cancellationToken) =>
        errors.GuardAsync(
            what,
            async () =>
            {
                try
                {
                    BlobProperties there = await clients.Retrying.GetBlobClient(name).GetPropertiesAsync(cancellationToken: cancellationToken);
                    return there.ContentLength;
                }
                catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e))
                {
                    return 0;
                }
            },
            cancellationToken
        );

    private enum Outcome
    {
        Done,
        Changed,
        OtherType,
    }
}
