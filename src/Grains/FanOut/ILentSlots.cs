using System.Collections.Immutable;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Grains.FanOut;

/// <summary>Where a coordinator's slots come from.</summary>
internal interface ILentSlots
{
    /// <summary>Asks the scheduler.</summary>
    /// <param name="wanted">Most slots wanted.</param>
    /// <param name="except">Silos to leave out.</param>
    /// <param name="request">Number of the request: the same one until it was answered.</param>
    /// <returns>What it lends.</returns>
    Task<ImmutableArray<SlotLease>> LendAsync(int wanted, ImmutableArray<string> except, long request);

    /// <summary>Gives a slot back.</summary>
    /// <param name="lease">What was lent.</param>
    /// <returns>When the scheduler knows.</returns>
    Task GiveBackAsync(SlotLease lease);

    /// <summary>The way to a lent slot; makes no call.</summary>
    /// <param name="lease">What was lent.</param>
    /// <param name="number">A number that no other slot of the epoch had.</param>
    /// <returns>The way there.</returns>
    ILentSlot Reach(SlotLease lease, int number);
}
