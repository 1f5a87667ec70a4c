using OrleansOneShot.Client.Uploads;
using OrleansOneShot.Common;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Client.Models;

/// <summary>
/// Gives a cluster a model that this machine has; each silo fetches it when a job needs it. Files that are there already are not sent again; the manifest is
/// written last, once.
/// </summary>
/// <param name="target">Where the cluster's models go.</param>
public sealed class ModelTransfer(IModelTarget target)
{
    /// <summary>Sends into a cluster's artifact store.</summary>
    /// <param name="store">The store.</param>
    public ModelTransfer(IArtifactStore store)
        : this(new StoreModels(store)) { }

    /// <summary>Names a job's model so that the cluster's silos find it: one that this machine alone has is sent first, once.</summary>
    /// <param name="model">The model.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>The name that a request carries.</returns>
    /// <exception cref="OneShotException">It can't be sent.</exception>
    /// <exception cref="IOException">The target is full, read-only or out of reach, or a file can't be read.</exception>
    public async Task<string> NameAsync(IModelSource model, IProgress<TransferProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        return model.IsShipped ? model.Name : (await SendAsync(model, name: null, progress, cancellationToken)).Name;
    }

    /// <summary>Sends a model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">
    /// Its name there; null takes <see cref="IModelSource.Name"/> where that is of the same files, else the model's title and a hash of the files.
    /// </param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; files that are there already stay, and no one sees them.</param>
    /// <returns>The model as silos know it.</returns>
    /// <exception cref="OneShotException">
    /// The name can't be one (invalid_input) or belongs to another model (conflict), or a file was changed meanwhile.
    /// </exception>
    /// <exception cref="IOException">The target is full, read-only or out of reach, or a file can't be read.</exception>
    public async Task<SentModel> SendAsync(
        IModelSource model,
        string? name = null,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(model);
        var files = await ModelNaming.ListAsync(model, name, cancellationToken);
        var (published, isThere) = await ModelNaming.ChooseAsync(model, files, name, target.FindModelAsync, cancellationToken);

        // The mark comes last: from then on a collection leaves the model alone, and one that was faster has taken the manifest.
        if (isThere && await HasAllAsync(files, cancellationToken) && await target.KeepModelAsync(published, cancellationToken))
        {
            return new SentModel(published, files, 0);
        }

        var meter = new TransferMeter(files.Sum(file => file.Bytes), progress);
        var sender = new BlobSender(target, meter);
        foreach (var file in files)
        {
            if (!await sender.SendAsync(file.Sha256, file.Bytes, () => model.Open(file), cancellationToken))
            {
                throw Changed(file.Path);
            }
        }

        return
            await target.TryPublishModelAsync(published, files, cancellationToken)
            || (
                ModelNaming.IsSame(await target.FindModelAsync(published, cancellationToken), files)
                && await target.KeepModelAsync(published, cancellationToken)
            )
            ? new SentModel(published, files, meter.MovedBytes)
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"The cluster has another model named {published} already.",
                    "name",
                    "Give this one another name with --name."
                )
            );
    }

    /// <summary>The error of a file that had other bytes when it was sent than when it was listed.</summary>
    /// <param name="path">The file.</param>
    /// <returns>conflict.</returns>
    internal static OneShotException Changed(string path) =>
        new(new ErrorDetail(ErrorCodes.Conflict, $"{path} was changed while it was sent.", "model", "Send the model again when nobody writes to its folder."));

    // Somebody may have deleted a damaged file, as a silo that found it so advises; and what the target remembers of a file does not tell whether its bytes are
    // still the right ones.
    private async Task<bool> HasAllAsync(IReadOnlyList<ModelFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files)
        {
            if (!await target.HasAsync(file.Sha256, file.Bytes, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A model that a cluster has.</summary>
/// <param name="Name">Its name, as requests carry it.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Sent">Bytes that were sent now; the rest was there.</param>
public sealed record SentModel(string Name, IReadOnlyList<ModelFile> Files, long Sent);
