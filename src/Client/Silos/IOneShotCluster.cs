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

    /// <summary>How far the cluster has drained.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The document; without silos once all have left. Over HTTP the server leaves as well: then it is unavailable.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<DrainDocument> GetDrainAsync(CancellationToken cancellationToken = default);

    /// <summary>
    /// Drains the cluster for an upgrade: no job gets a slot, those that run stop at a checkpoint and wait, and all silos leave. Jobs are still taken, and
    /// wait. Over HTTP the scope admin.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting; the drain goes on.</param>
    /// <returns>How far that is.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable; conflict: there is one process and no cluster.</exception>
    Task<DrainDocument> DrainAsync(CancellationToken cancellationToken = default);

    /// <summary>Has one silo leave; others take its jobs. Over HTTP the scope admin.</summary>
    /// <param name="silo">Its address, as <see cref="GetSilosAsync"/> gives it.</param>
    /// <param name="cancellationToken">Stops waiting; the silo leaves all the same.</param>
    /// <returns>How things are.</returns>
    /// <exception cref="OneShotException">
    /// unauthenticated, forbidden, unavailable; not_found: no such silo; conflict: there is one process and no cluster.
    /// </exception>
    Task<DrainDocument> DrainSiloAsync(string silo, CancellationToken cancellationToken = default);

    /// <summary>Takes a drain back; silos that have begun to leave leave all the same. Over HTTP the scope admin.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>How things are then.</returns>
    /// <exception cref="OneShotException">unauthenticated, forbidden, unavailable.</exception>
    Task<DrainDocument> ResumeAsync(CancellationToken cancellationToken = default);
}
