using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// Leaves out the silos that are known to offer no slots. One that joined a moment ago may not be known yet: then the lease, which came from its own
/// announcement, counts.
/// </summary>
/// <param name="silos">What silos tell of themselves.</param>
internal sealed class SlotPlacementFilterDirector(ISiloMetadataCache silos) : IPlacementFilterDirector
{
    private const string None = "0";

    /// <inheritdoc/>
    public IEnumerable<SiloAddress> Filter(PlacementFilterStrategy filterStrategy, PlacementTarget target, IEnumerable<SiloAddress> silosToFilter) =>
        silosToFilter.Where(silo => silos.GetSiloMetadata(silo).Metadata.GetValueOrDefault(SlotPlacementFilter.SlotsKey) != None);
}
