using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Retention;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Retention;

/// <summary>Runs collections, one at a time and not more often than asked.</summary>
internal sealed class CollectorGrain(
    [PersistentState("collector", OneShotStorage.Name)] IPersistentState<CollectorState> storage,
    BlobCollector collector,
    IOptions<OneShotGrainsOptions> options
) : Grain, ICollectorGrain
{
    public Task<CollectionReport> Collect(bool dryRun) => collector.CollectAsync(dryRun);

    public async Task<bool> CollectIfDue()
    {
        var now = options.Value.Clock.GetUtcNow();
        if (storage.State.Last is { } last && now - last < options.Value.CollectionPeriod)
        {
            return false;
        }
        // Before, not after: a collection that fails is not tried again at every question.
        storage.State = new CollectorState { Last = now };
        await storage.WriteStateAsync();
        await collector.CollectAsync(dryRun: false);
        return true;
    }
}

/// <summary>What the collector remembers.</summary>
[GenerateSerializer, Alias("oneshot.CollectorState")]
internal sealed record CollectorState
{
    /// <summary>When the last collection began; null: never.</summary>
    [Id(0)]
    public DateTimeOffset? Last { get; init; }
}
