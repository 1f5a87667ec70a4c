using Orleans.Runtime.Placement;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Calls a grain that, if it has no activation yet, is to be placed on a certain silo.</summary>
internal static class PlacementHint
{
    /// <summary>Makes the call.</summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it. A silo that is gone is no hint: the grain's own check of its lease tells.</param>
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
}
