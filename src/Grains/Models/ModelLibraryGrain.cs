using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Models;
using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Models;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Models;

/// <summary>
/// Puts together what the store and the silos have. Models come and go by other ways, so it remembers what silos have said for seconds only: lists that many
/// ask for do not become calls to every silo.
/// </summary>
[StatelessWorker]
internal sealed partial class ModelLibraryGrain(IArtifactStore store, IOptions<OneShotGrainsOptions> options, ILogger<ModelLibraryGrain> logger)
    : Grain,
        IModelLibraryGrain
{
    /// <summary>How long a silo may take to answer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>How long what silos have said is told again.</summary>
    internal static readonly TimeSpan Trust = TimeSpan.FromSeconds(3);

    private Task<List<SiloModels>>? _answers;
    private long _asked;

    public async Task<ImmutableArray<KnownModel>> List()
    {
        var found = new SortedDictionary<string, KnownModel>(StringComparer.Ordinal);
        await foreach (var manifest in store.ListAsync(SharedModelPaths.Manifests))
        {
            if (SharedModelPaths.NameOf(manifest.Path) is { } name && await FindSharedAsync(name) is { } shared)
            {
                found[name] = shared with { Files = [] };
            }
        }

        foreach (var model in (await RecallSilosAsync()).SelectMany(silo => silo.Models))
        {
            found[model.Name] = With(found.GetValueOrDefault(model.Name), model);
        }

        return [.. found.Values];
    }

    public async Task<FoundModel> Find(string name)
    {
        var shared = ArtifactPath.IsSegment(name) ? await FindSharedAsync(name) : null;
        var silos = await RecallSilosAsync();
        var found = Among(silos);
        if (found is null)
        {
            // Since they were asked one may have got it.
            silos = await AskSilosAsync();
            found = Among(silos);
        }

        return new FoundModel(found, found is not null || (silos.Count > 0 && !silos.Exists(silo => silo.Fetches)));

        KnownModel? Among(List<SiloModels> answers) => answers.SelectMany(silo => silo.Models).Where(model => model.Name == name).Aggregate(shared, With);
    }

    private static KnownModel With(KnownModel? known, SiloModel model)
    {
        known ??= new KnownModel { Name = model.Name };
        return known with { Shipped = known.Shipped || model.Shipped, Silos = known.Silos + 1, Bytes = known.Bytes ?? model.Bytes };
    }

    private async Task<KnownModel?> FindSharedAsync(string name)
    {
        try
        {
            return await new SharedModels(store).ReadAsync(name) is { } files
                ? new KnownModel
                {
                    Name = name,
                    Shared = true,
                    Bytes = files.Sum(file => file.Bytes),
                    Files = [.. files.Select(file => new JobFile(file.Path, file.Bytes, file.Sha256))],
                }
                : null;
        }
        catch (DamagedModelException e)
        {
            // The name is taken all the same; jobs that name it are told.
            LogDamaged(e, name);
            return new KnownModel { Name = name, Shared = true };
        }
    }

    // Whoever comes while silos are being asked waits for the same answers.
    private Task<List<SiloModels>> RecallSilosAsync() =>
        _answers is { IsFaulted: false } answers && options.Value.Clock.GetElapsedTime(_asked) < Trust ? answers : AskSilosAsync();

    private Task<List<SiloModels>> AskSilosAsync()
    {
        _asked = options.Value.Clock.GetTimestamp();
        return _answers = AskAllAsync();
    }

    private async Task<List<SiloModels>> AskAllAsync()
    {
        var snapshot = await GrainFactory.GetGrain<ISchedulerGrain>(0).GetSnapshot();
        var answers = await Task.WhenAll(snapshot.Slots.Keys.Select(AskAsync));
        return [.. answers.OfType<SiloModels>()];
    }

    private async Task<SiloModels?> AskAsync(string silo)
    {
        try
        {
            SiloModels? answer = null;
            await PlacementHint.CallAsync(
                silo,
                async () => answer = await GrainFactory.GetGrain<ISiloModelsGrain>(silo).List().WaitAsync(Patience, options.Value.Clock)
            );
            return answer;
        }
        catch (Exception e)
        {
            // It may be going just now.
            LogSilent(e, silo);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The manifest of the model {Name} in the artifact store is damaged")]
    private partial void LogDamaged(Exception error, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} did not say which models it has")]
    private partial void LogSilent(Exception error, string silo);
}
