using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Fetches a model from a host in the Hugging Face layout into a data folder. Its files gather in a folder of their own, over as many runs as it takes; when
/// all are there and the model is sound, that folder is moved to its place, where the catalog finds it.
/// </summary>
public static class ModelPull
{
    private const int MaximumSourceBytes = 16 << 20;

    /// <summary>Fetches a model.</summary>
    /// <param name="data">Where it goes: <c>models/NAME</c>.</param>
    /// <param name="repository">OWNER/NAME on the host.</param>
    /// <param name="options">Host, revision, name and limits.</param>
    /// <param name="progress">Told from any thread; or null.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept for the next run.</param>
    /// <returns>The model. One that was fetched before is returned as it is, without asking the host.</returns>
    /// <exception cref="InvalidInputException">A name can't be used, or the repository holds no model for this program.</exception>
    /// <exception cref="OneShotException">
    /// The host refuses (not_found, unauthenticated, forbidden), can't be reached (unavailable), exceeds a limit, or sends what it should not (failed).
    /// </exception>
    public static async Task<PulledModel> RunAsync(
        DataFolder data,
        string repository,
        ModelPullOptions options,
        IProgress<TransferProgress>? progress = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(data);
        var name = Require(repository, options);
        using var host = new ModelHost(options);
        var target = Path.Combine(data.ModelFolders, name);
        if (FindPresent(data, name, target, repository, options) is { } present)
        {
            return present;
        }

        using var room = ModelLanding.Open(data, name);
        var retry = HostRetry.Create(options);
        try
        {
            var listed = await new FileListing(host, retry).ReadAsync(repository, options.Revision, cancellationToken);
            var choice = ModelFileChoice.Of(listed, options);
            return await ModelArrival.FillAsync(
                room,
                choice,
                new HostOrigin(host, repository, options.Revision),
                new ModelSource(repository, options.Revision, []),
                options,
                progress,
                cancellationToken
            );
        }
        catch (HostFaultException e)
        {
            throw new OneShotException(
                new ErrorDetail(ErrorCodes.Unavailable, e.Message, "base-url", "Run the same command again: it goes on where it stopped."),
                e
            );
        }
    }

    /// <summary>Checks what is to be fetched; makes no request.</summary>
    /// <param name="repository">OWNER/NAME on the host.</param>
    /// <param name="options">Revision and name.</param>
    /// <returns>The name that the model gets.</returns>
    /// <exception cref="InvalidInputException">There can be no such repository, revision or name.</exception>
    public static string Require(string repository, ModelPullOptions options)
    {
        ArgumentNullException.ThrowIfNull(repository);
        ArgumentNullException.ThrowIfNull(options);
        RepositoryPath.RequireRepository(repository);
        RepositoryPath.RequireRevision(options.Revision);
        return RepositoryPath.RequireName(options.Name ?? repository[(repository.LastIndexOf('/') + 1)..]);
    }

    private static PulledModel? FindPresent(DataFolder data, string name, string target, string repository, ModelPullOptions options)
    {
        if (new ModelCatalog(data).List().FirstOrDefault(entry => entry.Name == name) is not { } entry)
        {
            return null;
        }

        var source = entry.Folder == target ? ReadSource(target) : null;
        return source?.Repository == repository && source.Revision == options.Revision
            ? new PulledModel(entry, source.Files, 0)
            : throw new OneShotException(
                new ErrorDetail(
                    ErrorCodes.Conflict,
                    $"There is a model named {name} already, in {entry.Folder}.",
                    "name",
                    "Give the new one another name with --name, or delete that folder."
                )
            );
    }

    private static ModelSource? ReadSource(string folder)
    {
        try
        {
            return StrictJson.Read(StrictJson.ReadFile(Path.Combine(folder, ModelSource.FileName), MaximumSourceBytes), ModelJsonContext.Default.ModelSource);
        }
        catch (Exception e) when (e is FileNotFoundException or UnusableJsonException)
        {
            return null;
        }
    }
}

/// <summary>A fetched model.</summary>
/// <param name="Entry">Its name and folder.</param>
/// <param name="Files">Its files, by path.</param>
/// <param name="Fetched">Bytes that this run fetched; 0 when all of it lay here already.</param>
public sealed record PulledModel(ModelEntry Entry, IReadOnlyList<ModelFile> Files, long Fetched);
