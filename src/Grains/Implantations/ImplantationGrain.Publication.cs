using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Contracts.Jobs;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// How a result becomes the job's. Epochs write below themselves; the state names the one that was taken (<see cref="ImplantationState.Published"/>), and from
/// then on everything here can be repeated by anybody, also by an activation that has been replaced: there is one outcome.
/// </summary>
internal sealed partial class ImplantationGrain
{
    /// <summary>
    /// A result is taken only with a manifest that can be read, names this job, this epoch and files of this epoch alone, and only while all these files are
    /// what it says: afterwards there is no way back.
    /// </summary>
    private async Task<byte[]> RequireManifestAsync(long epoch)
    {
        var path = StorePaths.EpochManifest(Id, epoch);
        if (await store.ReadAllBytesAsync(path, PublishedResult.MaxManifestBytes) is not { } bytes)
        {
            throw NotPublished($"The store has lost {path}, the manifest of what was to be published.");
        }
        try
        {
            var manifest = PublishedManifest.Read(Id, bytes);
            if (manifest.Epoch != epoch || manifest.Result.Files.Any(file => file.Stored.Path != StorePaths.EpochResult(Id, epoch) + file.Path))
            {
                throw new InvalidDataException($"The manifest of job {Id} is damaged: it is that of epoch {manifest.Epoch}.");
            }
            foreach (var file in manifest.Result.Files)
            {
                if (await store.GetInfoAsync(file.Stored.Path) != file.Stored)
                {
                    throw NotPublished($"{file.Path} of job {Id} was damaged or lost in the store before it could be published.");
                }
            }
        }
        catch (InvalidDataException e)
        {
            throw NotPublished($"{e.Message} Epoch {epoch} was to publish it.", e);
        }

        return bytes;
    }

    private static OneShotException NotPublished(string message, Exception? inner = null) =>
        new(new ErrorDetail(ErrorCodes.Failed, message, null, "Nothing was published. Submit the job again."), inner);

    private static JobFile ReferenceTo(byte[] manifest) => new(StorePaths.ManifestName, manifest.Length, Convert.ToHexStringLower(SHA256.HashData(manifest)));

    /// <summary>Makes the manifest of the epoch that was taken the job's, shows the result in its folder, and ends the job.</summary>
    private async Task FinishPublicationAsync(long epoch)
    {
        if (await PromoteManifestAsync(epoch) is not var (bytes, manifest))
        {
            // Only a result that an earlier version has taken: it kept no copy. Without its manifest nobody can tell what of it is whole.
            await FailAsync(
                EpochOver(_state) with
                {
                    Published = null,
                },
                $"The store has lost or damaged {StorePaths.EpochManifest(Id, epoch)}, without which the result of job {Id} can't be published.",
                "Submit the job again."
            );
            return;
        }

        // Before anybody hears of the end: people and scripts look into the folder then.
        await ShowResultAsync(epoch);
        var succeeded = Succeeded(_state, new JobResult(manifest.Files, manifest.Metrics, manifest.Seconds));
        await EndAsync(succeeded with { Seconds = manifest.Seconds, Warnings = manifest.Warnings, ManifestBytes = null, Manifest = ReferenceTo(bytes) });
    }

    /// <summary>
    /// Puts the manifest in its place. Whatever lies there that is not it is replaced: which one counts was settled when the result was taken.
    /// </summary>
    /// <returns>The manifest; null if it is gone for good.</returns>
    private async Task<(byte[] Bytes, PublishedManifest Manifest)?> PromoteManifestAsync(long epoch)
    {
        var path = StorePaths.Manifest(Id);
        var there = await ReadManifestAsync(path);
        if (_state.ManifestBytes is not { } bytes)
        {
            if (Parse(there) is { } known)
            {
                return known;
            }
            if (Parse(await ReadManifestAsync(StorePaths.EpochManifest(Id, epoch))) is not { } proposed)
            {
                return null;
            }
            bytes = proposed.Bytes;
        }

        if (there is null || !bytes.AsSpan().SequenceEqual(there))
        {
            using var content = new MemoryStream(bytes, writable: false);
            await store.WriteAsync(path, content);
        }

        return Parse(bytes);
    }

    private async Task<byte[]?> ReadManifestAsync(string path)
    {
        try
        {
            return await store.ReadAllBytesAsync(path, PublishedResult.MaxManifestBytes);
        }
        catch (Exception e) when (e is ArtifactTooLargeException or ArtifactChangedException)
        {
            // No manifest of ours is that long, or changes.
            return [];
        }
    }

    private (byte[] Bytes, PublishedManifest Manifest)? Parse(byte[]? manifest)
    {
        try
        {
            return manifest is null ? null : (manifest, PublishedManifest.Read(Id, manifest));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private async Task ShowResultAsync(long epoch)
    {
        try
        {
            await store.ShowAsync(StorePaths.EpochResult(Id, epoch), StorePaths.Result(Id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A convenience for people: whoever reads by the manifest finds every file.
            LogNotShown(e, Id);
        }
    }

    /// <summary>
    /// Removes what the epochs of an ended job have left behind: all but the log, previews, and the files that the manifest names. Later epochs than it knows
    /// are those of a retry of which it did not hear.
    /// </summary>
    private async Task DeleteGarbageAsync()
    {
        try
        {
            var garbage = new List<string>();
            await foreach (var file in store.ListAsync(StorePaths.Epochs(Id)))
            {
                if (
                    StorePaths.OfEpoch(Id, file.Path) is var (epoch, _)
                    && epoch <= _state.Epoch
                    && EpochGarbage.Is(Id, file.Path, _state.Published)
                    && !IsKept(file.Path)
                )
                {
                    garbage.Add(file.Path);
                }
            }

            foreach (var path in garbage)
            {
                await DeleteFileAsync(path);
            }
        }
        catch (IOException e)
        {
            // The collection comes back to it.
            LogNotDeleted(e, StorePaths.Epochs(Id));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: the result of epoch {Epoch} can't be published on this silo; the job leaves it")]
    private partial void LogMoves(Exception error, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: the folder result could not be made; its files lie where the manifest says")]
    private partial void LogNotShown(Exception error, string jobId);
}
