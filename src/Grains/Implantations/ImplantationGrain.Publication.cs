using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Training;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>
/// How a result becomes the job's. Epochs write below themselves; the state names the one that was taken (<see cref="ImplantationState.Published"/>), and from then on everything here
/// can be repeated by anybody, also by an activation that has been replaced: there is one outcome.
/// </summary>
internal sealed partial class ImplantationGrain
{
    /// <summary>A result is taken only with a manifest that can be read: afterwards there is no way back.</summary>
    private async Task RequireManifestAsync(long epoch)
    {
        var bytes = await store.ReadAllBytesAsync(BlobPaths.EpochManifest(Id, epoch));
        try
        {
            _ = ManifestDocument.Read(bytes);
        }
        catch (UnusableJsonException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.Failed, $"The manifest of epoch {epoch} can't be read: it {e.Message}."), e);
        }
    }

    /// <summary>Makes the manifest of the epoch that was taken the job's, shows the result in its folder, and ends the job.</summary>
    private async Task FinishPublicationAsync(long epoch)
    {
        var bytes = await PromoteManifestAsync(epoch);
        // Before anybody hears of the end: people and scripts look into the folder then.
        await ShowResultAsync(epoch);
        var (result, warnings) = ManifestDocument.Read(bytes);
        await EndAsync(Succeeded(_state, result) with { Seconds = result.Seconds, Warnings = warnings });
    }

    private async Task<byte[]> PromoteManifestAsync(long epoch)
    {
        var path = BlobPaths.Manifest(Id);
        if (await store.ReadAllBytesAsync(path) is { } there)
            return there;
        var bytes = await store.ReadAllBytesAsync(BlobPaths.EpochManifest(Id, epoch))
            ?? throw new FileNotFoundException($"The store has lost {BlobPaths.EpochManifest(Id, epoch)}.");
        try
        {
            using var content = new MemoryStream(bytes, writable: false);
            await store.WriteAsync(path, content, WriteCondition.MustNotExist);
            return bytes;
        }
        catch (ArtifactExistsException)
        {
            return await store.ReadAllBytesAsync(path) ?? bytes;
        }
    }

    private async Task ShowResultAsync(long epoch)
    {
        try
        {
            await store.ShowAsync(BlobPaths.EpochResult(Id, epoch), BlobPaths.Result(Id));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A convenience for people: whoever reads by the manifest finds every file.
            LogNotShown(e, Id);
        }
    }

    /// <summary>Removes what the epochs of an ended job have left behind: all but the log, previews, and the files that the manifest names.</summary>
    private async Task DeleteGarbageAsync()
    {
        try
        {
            var garbage = new List<string>();
            await foreach (var file in store.ListAsync(BlobPaths.Epochs(Id)))
            {
                if (EpochGarbage.Is(Id, file.Path, _state.Published))
                    garbage.Add(file.Path);
            }

            foreach (var path in garbage)
                await DeleteFileAsync(path);
        }
        catch (IOException e)
        {
            // The collection comes back to it.
            LogNotDeleted(e, BlobPaths.Epochs(Id));
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId}: the folder result could not be made; its files lie where the manifest says")]
    private partial void LogNotShown(Exception error, string jobId);
}
