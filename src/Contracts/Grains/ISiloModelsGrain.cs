using OrleansOneShot.Contracts.Models;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>What one silo has (key: its address, as <c>SiloAddress.ToParsableString</c> gives it); the grain lives there.</summary>
[Alias("oneshot.ISiloModelsGrain")]
public interface ISiloModelsGrain : IGrainWithStringKey
{
    /// <summary>Lists its models.</summary>
    /// <returns>The models; null: it can't tell, as it trains nothing, or the grain lives elsewhere because the silo is gone.</returns>
    [Alias("List")]
    Task<SiloModels?> List();
}
