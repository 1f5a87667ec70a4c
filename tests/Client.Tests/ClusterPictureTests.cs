using System.Collections.Immutable;
using OrleansOneShot.Client.Cluster;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Client.Tests;

public sealed class ClusterPictureTests
{
    [Fact]
    public void ToSlots_EveryState_IsTold()
    {
        ImmutableArray<SlotAnnouncement> slots = [new SlotAnnouncement(0, "cpu", 1L << 30), new SlotAnnouncement(1, "cpu", 1L << 30)];
        var snapshot = new SchedulerSnapshot(
            [],
            [new SlotLease("sick", 0, "j", 3, default), new SlotLease("well", 0, "k", 1, default)],
            ImmutableDictionary<string, ImmutableArray<SlotAnnouncement>>.Empty.Add("sick", slots).Add("well", slots).Add("free", slots),
            [new SlotLease("well", 1, "k", 1, default)]
        )
        {
            Withheld = ImmutableDictionary<string, string>.Empty.Add("sick", "its disk is full"),
        };

        Assert.Equal(
            [
                ("free", "free", null),
                ("free", "free", null),
                ("sick", "leased", "its disk is full"),
                ("sick", "withheld", "its disk is full"),
                ("well", "leased", null),
                ("well", "lent", null),
            ],
            snapshot.ToSlots().Slots.Select(slot => (slot.Silo, slot.State, slot.Reason))
        );
    }
}
