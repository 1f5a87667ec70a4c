using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Polly;

namespace OrleansOneShot.Storage.Azure;

/// <summary>
/// Writes blobs whole. A file smaller than a block goes up in one request. A larger one is staged in blocks, a few at a time, each with a hash that the service
/// checks, and becomes the blob when its list of blocks is committed, with the condition: exactly one of several writers wins, and a reader sees all or
/// nothing. Blocks that nobody commits are invisible; the service drops them within a week.
/// </summary>
internal sealed class BlobUpload(BlobClients clients, BlobErrors errors, AzureBlobOptions options)
{
    // A commit by another writer drops the blocks that this one has staged. It then starts again; nobody loses this race five times by accident.
    private const int MaxAttempts = 5;

    private readonly ResiliencePipeline _damaged = BlobRetry.OfDamaged(options);

    /// <summary>Writes a blob.</summary>
    /// <param name="path">Path in the store, for messages.</param>
    /// <param name="name">The blob's name.</param>
    /// <param name="content">The bytes, from the stream's position on.</param>
    /// <param name="condition">Whether it may exist.</param>
    /// <param name="cancellationToken">Stops; nothing is left that can be seen.</param>
    /// <returns>What was written.</returns>
    public async Task<ArtifactInfo> WriteAsync(string path, string name, Stream content, WriteCondition condition, CancellationToken cancellationToken)
    {
        var call = new Call(path, $"writing {path}", clients.Retrying.GetBlockBlobClient(name), Guid.NewGuid(), condition);
        var start = content.CanSeek ? content.Position : -1;
        for (var attempt = 1; ; attempt++)
        {
            if (await TryAsync(call, content, cancellationToken) is { } info)
            {
                return info;
            }
            if (start < 0 || attempt == MaxAttempts)
            {
                throw new ArtifactChangedException(path, "was written by somebody else during this upload, which dropped this one's bytes");
            }
            content.Position = start;
        }
    }

    // Null: another writer's commit dropped our blocks.
    private async Task<ArtifactInfo?> TryAsync(Call call, Stream content, CancellationToken cancellationToken)
    {
        var size = content.CanSeek ? (int)Math.Min(options.BlockBytes, Math.Max(0, content.Length - content.Position) + 1) : options.BlockBytes;
        var buffer = ArrayPool<byte>.Shared.Rent(size);
        var filled = await FillAsync(content, buffer, size, cancellationToken);
        if (filled == options.BlockBytes)
        {
            return await PutBlocksAsync(call, content, buffer, cancellationToken);
        }
        // A stream that grows while it is read: what is in the buffer is not all of it.
        if (filled == size)
        {
            var larger = ArrayPool<byte>.Shared.Rent(options.BlockBytes);
            buffer.AsSpan(0, filled).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
            filled += await FillAsync(content, buffer.AsMemory(filled, options.BlockBytes - filled), cancellationToken);
            if (filled == options.BlockBytes)
            {
                return await PutBlocksAsync(call, content, buffer, cancellationToken);
            }
        }

        var info = new ArtifactInfo(call.Path, filled, Convert.ToHexStringLower(SHA256.HashData(buffer.AsSpan(0, filled))));
        await PutWholeAsync(call, buffer, info, cancellationToken);
        ArrayPool<byte>.Shared.Return(buffer);
        return info;
    }

    private async Task PutWholeAsync(Call call, byte[] buffer, ArtifactInfo info, CancellationToken cancellationToken)
    {
        var settings = new BlobUploadOptions
        {
            Conditions = call.Conditions,
            Metadata = BlobMarks.Of(info.Sha256, call.Writer),
            TransferValidation = BlobMarks.InTransit,
            TransferOptions = new() { InitialTransferSize = options.BlockBytes, MaximumTransferSize = options.BlockBytes },
        };
        var outcome = await errors.GuardAsync(
            call.What,
            () => SendAsync(token => call.Blob.UploadAsync(new MemoryStream(buffer, 0, (int)info.Bytes, writable: false), settings, token), cancellationToken),
            cancellationToken
        );
        if (outcome == Outcome.OtherType)
        {
            // A log that is replaced by a file: the kind of a blob can't be changed.
            await RequireBlockBlobAsync(call, cancellationToken);
            outcome = await errors.GuardAsync(
                call.What,
                () =>
                    SendAsync(
                        token => call.Blob.UploadAsync(new MemoryStream(buffer, 0, (int)info.Bytes, writable: false), settings, token),
                        cancellationToken
                    ),
                cancellationToken
            );
        }

        if (outcome != Outcome.Done && !await IsOursAsync(call, cancellationToken))
        {
            throw outcome == Outcome.Condition
                ? new ArtifactExistsException(call.Path)
                : new ArtifactChangedException(call.Path, "was replaced by somebody else during this upload");
        }
    }

    private async Task<ArtifactInfo?> PutBlocksAsync(Call call, Stream content, byte[] first, CancellationToken cancellationToken)
    {
        // Looked up first: it spares an upload that could not be committed.
        await RequireBlockBlobAsync(call, cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>(options.BlocksInFlight);
        var ids = new List<string>();
        long bytes = 0;
        try
        {
            var (buffer, filled) = (first, options.BlockBytes);
            while (filled > 0)
            {
                hash.AppendData(buffer, 0, filled);
                bytes += filled;
                ids.Add(call.BlockId(ids.Count));
                running.Add(StageAsync(call, ids[^1], buffer, filled, stop.Token));
                if (running.Count == options.BlocksInFlight)
                {
                    var done = await Task.WhenAny(running);
                    running.Remove(done);
                    await done;
                }

                buffer = ArrayPool<byte>.Shared.Rent(options.BlockBytes);
                filled = await FillAsync(content, buffer, options.BlockBytes, cancellationToken);
                if (filled == 0)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                }
            }

            await Task.WhenAll(running);
        }
        catch
        {
            await stop.CancelAsync();
            await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        var info = new ArtifactInfo(call.Path, bytes, Convert.ToHexStringLower(hash.GetHashAndReset()));
        return await CommitAsync(call, ids, info, cancellationToken) ? info : null;
    }

    private async Task StageAsync(Call call, string id, byte[] buffer, int count, CancellationToken cancellationToken)
    {
        var settings = new BlockBlobStageBlockOptions { TransferValidation = BlobMarks.InTransit };
        await errors.GuardAsync(
            call.What,
            async () =>
                await _damaged.ExecuteAsync(
                    async token => await call.Blob.StageBlockAsync(id, new MemoryStream(buffer, 0, count, writable: false), settings, token),
                    cancellationToken
                ),
            cancellationToken
        );
        // After a failure a request may still read from the buffer: then the collector has it, not the pool.
        ArrayPool<byte>.Shared.Return(buffer);
    }

    private async Task<bool> CommitAsync(Call call, List<string> ids, ArtifactInfo info, CancellationToken cancellationToken)
    {
        var settings = new CommitBlockListOptions { Conditions = call.Conditions, Metadata = BlobMarks.Of(info.Sha256, call.Writer) };
        var outcome = await errors.GuardAsync(
            call.What,
            () => SendAsync(token => call.Blob.CommitBlockListAsync(ids, settings, token), cancellationToken),
            cancellationToken
        );
        if (outcome == Outcome.Done || await IsOursAsync(call, cancellationToken))
        {
            return true;
        }
        if (outcome == Outcome.Condition)
        {
            throw new ArtifactExistsException(call.Path);
        }
        return false;
    }

    private async Task<Outcome> SendAsync(Func<CancellationToken, Task<Response<BlobContentInfo>>> request, CancellationToken cancellationToken)
    {
        try
        {
            await _damaged.ExecuteAsync(async token => await request(token), cancellationToken);
            return Outcome.Done;
        }
        catch (RequestFailedException e) when (BlobErrors.IsCondition(e))
        {
            return Outcome.Condition;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidBlobType)
        {
            return Outcome.OtherType;
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.InvalidBlockList || e.ErrorCode == BlobErrorCode.InvalidBlobOrBlock)
        {
            return Outcome.BlocksGone;
        }
    }

    // Makes sure that blocks may be staged: no file that must not exist, no blob of another kind.
    private async Task RequireBlockBlobAsync(Call call, CancellationToken cancellationToken)
    {
        if (await FindAsync(call, cancellationToken) is not { } there)
        {
            return;
        }
        if (call.Condition == WriteCondition.MustNotExist)
        {
            throw new ArtifactExistsException(call.Path);
        }
        if (there.BlobType != BlobType.Block)
        {
            await errors.GuardAsync(call.What, () => call.Blob.DeleteIfExistsAsync(cancellationToken: cancellationToken), cancellationToken);
        }
    }

    // An earlier try may have gone through although its answer was lost.
    private async Task<bool> IsOursAsync(Call call, CancellationToken cancellationToken) =>
        await FindAsync(call, cancellationToken) is { } there && BlobMarks.IsBy(there.Metadata, call.Writer);

    private Task<BlobProperties?> FindAsync(Call call, CancellationToken cancellationToken) =>
        errors.GuardAsync<BlobProperties?>(
            call.What,
            async () =>
            {
                try
                {
                    return await call.Blob.GetPropertiesAsync(cancellationToken: cancellationToken);
                }
                catch (RequestFailedException e) when (BlobErrors.IsNoBlob(e))
                {
                    return null;
                }
            },
            cancellationToken
        );

    private static Task<int> FillAsync(Stream content, byte[] buffer, int count, CancellationToken cancellationToken) =>
        FillAsync(content, buffer.AsMemory(0, count), cancellationToken);

    private static async Task<int> FillAsync(Stream content, Memory<byte> buffer, CancellationToken cancellationToken) =>
        await content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);

    private enum Outcome
    {
        Done,
        Condition,
        OtherType,
        BlocksGone,
    }

    private sealed record Call(string Path, string What, BlockBlobClient Blob, Guid Id, WriteCondition Condition)
    {
        public string Writer { get; } = Id.ToString("N");

        public BlobRequestConditions? Conditions { get; } =
            Condition == WriteCondition.MustNotExist ? new BlobRequestConditions { IfNoneMatch = ETag.All } : null;

        // All ids of a blob must have one length; the call's own part keeps the blocks of two writers apart.
        public string BlockId(int index)
        {
            Span<byte> id = stackalloc byte[20];
            Id.TryWriteBytes(id);
            BinaryPrimitives.WriteInt32BigEndian(id[16..], index);
            return Convert.ToBase64String(id);
        }
    }
}
