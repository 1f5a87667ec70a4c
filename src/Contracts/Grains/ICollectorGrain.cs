using OrleansOneShot.Contracts.Retention;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>Removes what no job needs any more (key: 0, so one collection runs at a time).</summary>
[Alias("oneshot.ICollectorGrain")]
public interface ICollectorGrain : IGrainWithIntegerKey
{
    /// <summary>Collects now.</summary>
    /// <param name="dryRun">Only tells what it would remove.</param>
    /// <returns>What was, or would be, removed.</returns>
    [Alias("Collect"), ResponseTimeout("01:00:00")]
    Task<CollectionReport> Collect(bool dryRun);

    /// <summary>Collects if the last collection is a period ago; every silo asks now and then.</summary>
    /// <returns>Whether it did.</returns>
    [Alias("CollectIfDue"), ResponseTimeout("01:00:00")]
    Task<bool> CollectIfDue();
}
