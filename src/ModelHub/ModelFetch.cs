using System.Globalization;
using OrleansOneShot.Compute;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Storage;

namespace OrleansOneShot.ModelHub;

/// <summary>
/// Brings a model that somebody names into a data folder: from an artifact store, else from a host (OWNER--NAME is the repository OWNER/NAME there). All that
/// share a data folder fetch it once.
/// </summary>
/// <param name="data">Where models arrive.</param>
/// <param name="store">The artifact store.</param>
/// <param name="options">Limits and retries, and the host's address and token; the host counts only if <paramref name="hasHost"/>.</param>
/// <param name="hasHost">Whether a host may be asked.</param>
public sealed class ModelFetch(DataFolder data, IArtifactStore store, ModelPullOptions options, bool hasHost)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Whether a text can be the name of a model that is fetched.</summary>
    /// <param name="name">The text.</param>
    /// <returns>Whether.</returns>
    public static bool IsName(string name) => RepositoryPath.IsName(name);

    /// <summary>Checks the name of a model that is to be fetched.</summary>
    /// <param name="name">The name.</param>
    /// <returns>The same.</returns>
    /// <exception cref="InvalidInputException">It can't be one (<see cref="IsName"/>).</exception>
    public static string RequireName(string name) => RepositoryPath.RequireName(name);

    /// <summary>Marks a model of the store as used now.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <returns>False if the store has no such model, or can't.</returns>
    /// <exception cref="IOException">The store is out of reach.</exception>
    public Task<bool> TouchAsync(string name, CancellationToken cancellationToken) => new StoredModels(store).TouchAsync(name, cancellationToken);

    /// <summary>Fetches a model, or waits for somebody who fetches it.</summary>
    /// <param name="name">Its name (<see cref="IsName"/>).</param>
    /// <param name="find">Gives the folder of the model once it is here, or null.</param>
    /// <param name="found">Told that the store has the model, before anything is fetched.</param>
    /// <param name="say">Hears what takes time, from any thread.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>Where it lies now; null: neither the store nor a host has one of that name.</returns>
    /// <exception cref="ModelLackException">This machine can't have it now, for want of room or of a host that answers.</exception>
    /// <exception cref="OneShotException">It is damaged, too large, or in the way of another.</exception>
    /// <exception cref="InvalidInputException">The model is not sound.</exception>
    /// <exception cref="ArtifactStoreException">The store is out of reach.</exception>
    public async Task<ModelArrived?> RunAsync(string name, Func<string?> find, Func<Task> found, Action<string> say, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(find);
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(say);
        using var room = await EnterAsync(name, say, cancellationToken);
        if (find() is { } present)
        {
            return new ModelArrived(present, null, 0);
        }

        if (await AskAsync(store, name, cancellationToken) is { } files)
        {
            await found();
            return await FillAsync(room, ModelFileChoice.Of(files, options), new StoreOrigin(store), new ModelSource(null, null, []), say, cancellationToken);
        }

        var repository = name.Replace("--", "/", StringComparison.Ordinal);
        if (hasHost && RepositoryPath.IsRepository(repository))
        {
            using var host = new ModelHost(options);
            if (await AskAsync(host, repository, cancellationToken) is { } listed)
            {
                return await FillAsync(
                    room,
                    ModelFileChoice.Of(listed, options),
                    new HostOrigin(host, repository, options.Revision),
                    new ModelSource(repository, options.Revision, []),
                    say,
                    cancellationToken
                );
            }
        }

        Directory.Delete(room.Folder, recursive: true);
        return null;
    }

    // Somebody else who brings the same model in is waited for; if he dies, his lock goes with him and what he has fetched is gone on with.
    private async Task<ModelLanding> EnterAsync(string name, Action<string> say, CancellationToken cancellationToken)
    {
        for (var told = false; ; told = true)
        {
            if (ModelLanding.TryOpen(data, name) is { } room)
            {
                return room;
            }

            if (!told)
            {
                say($"waiting for {name}, which another job of this host fetches");
            }

            await Task.Delay(s_pause, cancellationToken);
        }
    }

    private async Task<ModelArrived> FillAsync(
        ModelLanding room,
        ModelFileChoice choice,
        IFileOrigin origin,
        ModelSource source,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        say(string.Create(CultureInfo.InvariantCulture, $"fetching {room.Name} ({choice.Files.Sum(file => file.Bytes) / 1e6:0.0} MB) from {origin.Shown}"));
        try
        {
            var model = await ModelArrival.FillAsync(room, choice, origin, source, options, new FetchNotes(room.Name, say), cancellationToken);
            return new ModelArrived(model.Entry.Folder, origin.Shown, model.Fetched);
        }
        catch (HostFaultException e) when (e.InnerException is IOException and (ArtifactStoreException or ArtifactChangedException))
        {
            throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, $"The model {room.Name} could not be fetched from {origin.Shown}: {e.Message}", e);
        }
        catch (HostFaultException e)
        {
            throw new ModelLackException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    e.Message,
                    "model",
                    "Submit the job again when the host answers: the transfer goes on where it stopped."
                ),
                e
            );
        }
    }

    private static async Task<IReadOnlyList<HostFile>?> AskAsync(IArtifactStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await new StoredModels(store).ReadAsync(name, cancellationToken);
        }
        catch (ArtifactStoreException e)
        {
            throw new ArtifactStoreException(e.Fault, $"The model {name} is not on this silo and can't be looked for in the artifact store: {e.Message}", e);
        }
    }

    // Hosts answer 401 to those who may not know whether there is such a repository.
    private async Task<IReadOnlyList<HostFile>?> AskAsync(ModelHost host, string repository, CancellationToken cancellationToken)
    {
        try
        {
            return await new FileListing(host, HostRetry.Create(options)).ReadAsync(repository, options.Revision, cancellationToken);
        }
        catch (OneShotException e) when (e.Detail.Code is ErrorCodes.NotFound or ErrorCodes.Unauthenticated)
        {
            return null;
        }
        catch (HostFaultException e)
        {
            throw new ModelLackException(
                new ErrorDetail(
                    ErrorCodes.Unavailable,
                    $"it is neither in the data folder {data} nor in the artifact store, and {e.Message}",
                    "model",
                    "Submit the job again when the host answers."
                ),
                e
            );
        }
    }
}

/// <summary>A model that is here now.</summary>
/// <param name="Folder">Absolute path of its folder.</param>
/// <param name="Origin">Where it came from, for messages; null: somebody else has brought it meanwhile.</param>
/// <param name="Bytes">What was fetched now.</param>
public sealed record ModelArrived(string Folder, string? Origin, long Bytes);

/// <summary>This machine can't have a model that another one may have: its disk has no room, or it doesn't reach the host.</summary>
/// <param name="detail">What it lacks.</param>
/// <param name="inner">The cause.</param>
public sealed class ModelLackException(ErrorDetail detail, Exception? inner = null) : OneShotException(detail, inner);
