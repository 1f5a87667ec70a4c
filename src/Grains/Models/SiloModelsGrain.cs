using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Models;

namespace OrleansOneShot.Grains.Models;

/// <summary>Tells what its silo has.</summary>
/// <param name="services">The silo's services.</param>
internal sealed class SiloModelsGrain(IServiceProvider services) : Grain, ISiloModelsGrain
{
    public async Task<SiloModels?> List()
    {
        if (GrainContext.Address.SiloAddress?.ToParsableString() != this.GetPrimaryKeyString())
        {
            // The silo went away, and Orleans has placed the grain on another one.
            DeactivateOnIdle();
            return null;
        }

        // Folders are read: not on the silo's own threads.
        return services.GetService<IModelInventory>() is { } inventory ? await Task.Run(inventory.List) : null;
    }
}
