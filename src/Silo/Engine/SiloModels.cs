using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// The models that a silo's jobs name. One that is not here is fetched once, whoever needs it: from the cluster's artifact store, else from a host if the environment names one
/// (<see cref="HostAddress.Variable"/>; OWNER--NAME is the repository OWNER/NAME there). All slots and processes that share a data folder share the folder that it arrives in.
/// </summary>
/// <param name="data">Where models arrive.</param>
/// <param name="catalog">What is here.</param>
/// <param name="store">The artifact store.</param>
/// <param name="options">Limits and retries, and the host's address and token; the host counts only if <paramref name="hasHost"/>.</param>
/// <param name="hasHost">Whether a host may be asked.</param>
/// <param name="logger">Hears of fetches.</param>
internal sealed partial class SiloModels(DataFolder data, ModelCatalog catalog, IArtifactStore store, ModelPullOptions options, bool hasHost, ILogger<SiloModels> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    // Collections think in days; a store need not hear of every job.
    private static readonly TimeSpan MarkEvery = TimeSpan.FromHours(12);
    private readonly ConcurrentDictionary<string, long> _marked = new(StringComparer.Ordinal);

    /// <summary>Weights in the precision that is computed in, shared by all slots and processes of this host.</summary>
    public ConvertedWeights Converted => catalog.ConvertedAndTold(LogDamaged);

    /// <summary>Creates the silo's models with the host that the environment names, if it names one.</summary>
    /// <exception cref="InvalidInputException">The environment's address or token can't be used.</exception>
    public static SiloModels Create(DataFolder data, ModelCatalog catalog, IArtifactStore store, ILogger<SiloModels> logger)
    {
        var host = ReadHost();
        return new SiloModels(data, catalog, store, host ?? new ModelPullOptions(), host is not null, logger);
    }

    /// <summary>Reads the host that the environment names; no request is made.</summary>
    /// <param name="variable">Looks up a variable of the environment; null takes the process's own.</param>
    /// <returns>Its address and token; null if the environment names none.</returns>
    /// <exception cref="InvalidInputException">The address or the token can't be used. The message shows neither.</exception>
    public static ModelPullOptions? ReadHost(Func<string, string?>? variable = null)
    {
        if (HostAddress.Read(variable) is not { } address)
        {
            return null;
        }

        var options = new ModelPullOptions { Host = address, Token = HostToken.Read(variable) };
        using var refuses = new ModelHost(options);
        return options;
    }

    /// <summary>The folder of a model, which is fetched first if it isn't here. Waits for that on the caller's thread.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="say">Hears what takes time, from any thread.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>Absolute path of the folder.</returns>
    /// <exception cref="OneShotException">There is no such model anywhere, or it can't be fetched; the sentence names it and the places.</exception>
    /// <exception cref="ArtifactStoreException">The store is out of reach: the job may go on later, here or elsewhere.</exception>
    public string GetFolder(string name, Action<string> say, CancellationToken cancellationToken) => GetFolderAsync(name, say, cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc cref="GetFolder"/>
    public async Task<string> GetFolderAsync(string name, Action<string> say, CancellationToken cancellationToken)
    {
        if (Find(name) is { } present)
        {
            FetchedModel.Require(name, present);
            await MarkAsync(name, cancellationToken);
            return present;
        }

        RepositoryPath.RequireName(name);
        try
        {
            using var room = await EnterAsync(name, say, cancellationToken);
            return Find(name) ?? (await FetchAsync(room, say, cancellationToken)).Entry.Folder;
        }
        catch (OneShotException e)
        {
            throw new OneShotException(e.Detail with { Message = $"The model {name} can't be brought to this silo: {e.Detail.Message}" }, e);
        }
        catch (InvalidInputException e)
        {
            throw new OneShotException(new ErrorDetail(ErrorCodes.InvalidInput, $"The model {name} can't be brought to this silo: {e.Message}", e.Field, e.Hint), e);
        }
    }

    // Also of a model that lies here: who has it from the store may need it from there again, and another silo may.
    private async Task MarkAsync(string name, CancellationToken cancellationToken)
    {
        if (!RepositoryPath.IsName(name) || (_marked.TryGetValue(name, out var last) && Stopwatch.GetElapsedTime(last) < MarkEvery))
        {
            return;
        }

        try
        {
            await new StoredModels(store).TouchAsync(name, cancellationToken);
            _marked[name] = Stopwatch.GetTimestamp();
        }
        catch (IOException e)
        {
            // The model is here; the next job marks it.
            LogUnmarked(e, name);
        }
    }

    private string? Find(string name) => catalog.List().FirstOrDefault(entry => entry.Name == name && Directory.Exists(entry.Folder))?.Folder;

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

            await Task.Delay(Pause, cancellationToken);
        }
    }

    private async Task<PulledModel> FetchAsync(ModelLanding room, Action<string> say, CancellationToken cancellationToken)
    {
        if (await AskAsync(store, room.Name, cancellationToken) is { } files)
        {
            await MarkAsync(room.Name, cancellationToken);
            return await FillAsync(room, ModelFileChoice.Of(files, options), new StoreOrigin(store), new ModelSource(null, null, []), say, cancellationToken);
        }

        var repository = room.Name.Replace("--", "/", StringComparison.Ordinal);
        if (hasHost && RepositoryPath.IsRepository(repository))
        {
            using var host = new ModelHost(options);
            if (await AskAsync(host, repository, cancellationToken) is { } listed)
            {
                return await FillAsync(
                    room, ModelFileChoice.Of(listed, options), new HostOrigin(host, repository, options.Revision), new ModelSource(repository, options.Revision, []), say, cancellationToken);
            }
        }

        Directory.Delete(room.Folder, recursive: true);
        var known = Wording.List(catalog.List().Where(entry => Directory.Exists(entry.Folder)).Select(entry => entry.Name), most: 40);
        throw new SiloLacksException(new ErrorDetail(
            ErrorCodes.NotFound,
            $"there is none of that name in the silo's data folder {data}, in the artifact store, or on a host of models ({(hasHost ? options.Host.Authority : $"{HostAddress.Variable} is not set")}); " +
            $"this silo has {(known.Length == 0 ? "none" : known)}.",
            "model",
            "Put it into the cluster's artifact store with: oneshot models push MODEL --cluster ..."));
    }

    private async Task<PulledModel> FillAsync(ModelLanding room, ModelFileChoice choice, IFileOrigin origin, ModelSource source, Action<string> say, CancellationToken cancellationToken)
    {
        say(string.Create(CultureInfo.InvariantCulture, $"fetching {room.Name} ({choice.Files.Sum(file => file.Bytes) / 1e6:0.0} MB) from {origin.Shown}"));
        try
        {
            var model = await ModelArrival.FillAsync(room, choice, origin, source, options, new FetchNotes(room.Name, say), cancellationToken);
            LogFetched(room.Name, origin.Shown, model.Fetched);
            return model;
        }
        catch (NoRoomException e)
        {
            // Another silo's disk may have the room.
            throw new SiloLacksException(e.Detail);
        }
        catch (HostFaultException e) when (e.InnerException is IOException and (ArtifactStoreException or ArtifactChangedException))
        {
            throw new ArtifactStoreException(ArtifactStoreFault.Unreachable, $"The model {room.Name} could not be fetched from {origin.Shown}: {e.Message}", e);
        }
        catch (HostFaultException e)
        {
            throw new SiloLacksException(new ErrorDetail(ErrorCodes.Unavailable, e.Message, "model", "Submit the job again when the host answers: the transfer goes on where it stopped."), e);
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
            throw new SiloLacksException(new ErrorDetail(ErrorCodes.Unavailable, $"it is neither in the data folder {data} nor in the artifact store, and {e.Message}", "model", "Submit the job again when the host answers."), e);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The converted weights {Path} are damaged; they are converted again from the model's own files. See that the disk is sound")]
    private partial void LogDamaged(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model {Name} could not be marked as used in the artifact store")]
    private partial void LogUnmarked(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Fetched the model {Name} from {Origin}: {Bytes} bytes")]
    private partial void LogFetched(string name, string origin, long bytes);
}
