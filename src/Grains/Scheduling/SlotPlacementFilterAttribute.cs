using Orleans.Placement;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>The grain works on slots: see <see cref="SlotPlacementFilter"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SlotPlacementFilterAttribute() : PlacementFilterAttribute(new SlotPlacementFilter());
