using OrleansOneShot.Contracts.Grains;

namespace OrleansOneShot.Grains.Training;

/// <summary>Passes on what is wanted of its silo.</summary>
/// <param name="departure">How the silo leaves.</param>
internal sealed class SiloGrain(Departure departure) : Grain, ISiloGrain
{
    public Task<bool> Leave()
    {
        if (GrainContext.Address.SiloAddress?.ToParsableString() != this.GetPrimaryKeyString())
        {
            // The silo went away, and Orleans has placed the grain on another one.
            DeactivateOnIdle();
            return Task.FromResult(false);
        }

        return Task.FromResult(departure.Ask("It was asked to leave (oneshot cluster drain)"));
    }
}
