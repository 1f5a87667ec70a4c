using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Common;
using OrleansOneShot.Compute;
using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.ModelHub;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Silo.Engine;

/// <summary>
/// The models that a silo's jobs name. One that is not here is fetched once, whoever needs it: from the cluster's artifact store, else from a host if the
/// environment names one (<see cref="HostAddress.Variable"/>; OWNER--NAME is the repository OWNER/NAME there). All slots and processes that share a data folder
/// share the folder that it arrives in.
/// </summary>
/// <param name="data">Where models arrive.</param>
/// <param name="catalog">What is here.</param>
/// <param name="store">The artifact store.</param>
/// <param name="options">Limits and retries, and the host's address and token; the host counts only if <paramref name="hasHost"/>.</param>
/// <param name="hasHost">Whether a host may be asked.</param>
/// <param name="logger">Hears of fetches.</param>
internal sealed partial class SiloModels(
    DataFolder data,
    ModelCatalog catalog,
    IArtifactStore store,
    ModelPullOptions options,
    bool hasHost,
    ILogger<SiloModels> logger
)
{
    // Collections think in days; a store need not hear of every job.
    private static readonly TimeSpan s_markEvery = TimeSpan.FromHours(12);
    private readonly ConcurrentDictionary<string, long> _marked = new(StringComparer.Ordinal);
    private readonly ModelFetch _fetch = new(data, store, options, hasHost);

    /// <summary>Weights in the precision that is computed in, shared by all slots and processes of this host.</summary>
    public ConvertedWeights Converted => catalog.ConvertedAndTold(LogDamaged);

    /// <summary>Creates the silo's models with the host that the environment names, if it names one.</summary>
    /// <exception cref="InvalidInputException">The environment's address or token can't be used.</exception>
    public static SiloModels Create(DataFolder data, ModelCatalog catalog, IArtifactStore store, ILogger<SiloModels> logger)
    {
        var host = ModelPullOptions.FromEnvironment();
        return new SiloModels(data, catalog, store, host ?? new ModelPullOptions(), host is not null, logger);
    }

    /// <summary>The folder of a model, which is fetched first if it isn't here. Waits for that on the caller's thread.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="say">Hears what takes time, from any thread.</param>
    /// <param name="cancellationToken">Stops; what has arrived is kept.</param>
    /// <returns>Absolute path of the folder.</returns>
    /// <exception cref="OneShotException">There is no such model anywhere, or it can't be fetched; the sentence names it and the places.</exception>
    /// <exception cref="ArtifactStoreException">The store is out of reach: the job may go on later, here or elsewhere.</exception>
    public string GetFolder(string name, Action<string> say, CancellationToken cancellationToken) =>
        GetFolderAsync(name, say, cancellationToken).GetAwaiter().GetResult();

    /// <inheritdoc cref="GetFolder"/>
    public async Task<string> GetFolderAsync(string name, Action<string> say, CancellationToken cancellationToken)
    {
        if (Find(name) is { } present)
        {
            FetchedModel.Require(name, present);
            await MarkAsync(name, cancellationToken);
            return present;
        }

        ModelFetch.RequireName(name);
        try
        {
            var arrived =
                await _fetch.RunAsync(name, () => Find(name), () => MarkAsync(name, cancellationToken), say, cancellationToken) ?? throw NoneOfThatName();
            if (arrived.Origin is { } origin)
            {
                LogFetched(name, origin, arrived.Bytes);
            }

            return arrived.Folder;
        }
        catch (ModelLackException e)
        {
            // Another silo may have what this one lacks.
            throw NotHere(name, e.Detail, new SiloLacksException(e.Detail, e.InnerException));
        }
        catch (OneShotException e)
        {
            throw NotHere(name, e.Detail, e);
        }
        catch (InvalidInputException e)
        {
            throw NotHere(name, new ErrorDetail(ErrorCodes.InvalidInput, e.Message, e.Field, e.Hint), e);
        }
    }

    private static OneShotException NotHere(string name, ErrorDetail why, Exception inner) =>
        new(why with { Message = $"The model {name} can't be brought to this silo: {why.Message}" }, inner);

    private SiloLacksException NoneOfThatName()
    {
        var known = Wording.List(catalog.List().Where(entry => Directory.Exists(entry.Folder)).Select(entry => entry.Name), most: 40);
        return new SiloLacksException(
            new ErrorDetail(
                ErrorCodes.NotFound,
                $"there is none of that name in the silo's data folder {data}, in the artifact store, or on a host of models "
                    + $"({(hasHost ? options.Host.Authority : $"{HostAddress.Variable} is not set")}); "
                    + $"this silo has {(known.Length == 0 ? "none" : known)}.",
                "model",
                "Put it into the cluster's artifact store with: oneshot models push MODEL --cluster ..."
            )
        );
    }

    // Also of a model that lies here: who has it from the store may need it from there again, and another silo may.
    private async Task MarkAsync(string name, CancellationToken cancellationToken)
    {
        if (!ModelFetch.IsName(name) || (_marked.TryGetValue(name, out var last) && Stopwatch.GetElapsedTime(last) < s_markEvery))
        {
            return;
        }

        try
        {
            await _fetch.TouchAsync(name, cancellationToken);
            _marked[name] = Stopwatch.GetTimestamp();
        }
        catch (IOException e)
        {
            // The model is here; the next job marks it.
            LogUnmarked(e, name);
        }
    }

    private string? Find(string name) => catalog.List().FirstOrDefault(entry => entry.Name == name && Directory.Exists(entry.Folder))?.Folder;

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "The converted weights {Path} are damaged; they are converted again from the model's own files. See that the disk is sound"
    )]
    private partial void LogDamaged(string path);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The model {Name} could not be marked as used in the artifact store")]
    private partial void LogUnmarked(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Information, Message = "Fetched the model {Name} from {Origin}: {Bytes} bytes")]
    private partial void LogFetched(string name, string origin, long bytes);
}
