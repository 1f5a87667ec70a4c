using Orleans.Runtime.Placement;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Calls a grain that, if it has no activation yet, is to be placed on a certain silo.</summary>
internal static class PlacementHint
{
    /// <summary>Makes the call.</summary>
    /// <param name="silo">
    /// The silo's address, as <c>SiloAddress.ToParsableString</c> gives it. A silo that is gone is no hint: the grain's own check of its lease tells.
    /// </param>
    /// <param name="call">The call.</param>
    /// <returns>When answered.</returns>
    public static async Task CallAsync(string silo, Func<Task> call)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(silo));
        try
        {
            await call();
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }

    /// <summary>Moves a grain when nothing runs in it.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="silo">Where to. A silo that is gone is no hint.</param>
    public static void Migrate(Grain grain, SiloAddress silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        try
        {
            grain.MigrateOnIdle();
        }
        finally
        {
            RequestContext.Remove(IPlacementDirector.PlacementHintKey);
        }
    }
}
