using Orleans.Placement;
using Orleans.Runtime.MembershipService.SiloMetadata;
using Orleans.Runtime.Placement;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>Keeps a grain on silos that offer slots. Which of them, the placement hint says; a hint to a silo without slots counts for nothing.</summary>
internal sealed class SlotPlacementFilter : PlacementFilterStrategy
{
    /// <summary>The silo's metadata: number of its slots.</summary>
    public const string SlotsKey = "oneshot.slots";

    /// <summary>The silo's metadata: the device of its first slot.</summary>
    public const string DeviceKey = "oneshot.device";

    /// <summary>Creates the filter; Orleans does so too.</summary>
    public SlotPlacementFilter()
        : base(order: 1) { }
}

/// <summary>The grain works on slots: see <see cref="SlotPlacementFilter"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SlotPlacementFilterAttribute() : PlacementFilterAttribute(new SlotPlacementFilter());

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
