using OrleansOneShot.Documents.Cluster;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Client.Silos;

/// <summary>What works on jobs, and what waits for it, of all owners. For operators: over HTTP the scope cluster:read.</summary>
public interface IOneShotCluster
{
    /// <summary>The silos that offer slots, and why one takes no jobs.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>By address.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<SiloListDocument> GetSilosAsync(CancellationToken cancellationToken = default);

    /// <summary>The slots, and which job uses each.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>By silo and number.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<SlotListDocument> GetSlotsAsync(CancellationToken cancellationToken = default);

    /// <summary>The waiting jobs.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>In the order in which they will start.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<QueueDocument> GetQueueAsync(CancellationToken cancellationToken = default);
}
