using Orleans.Placement;

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
