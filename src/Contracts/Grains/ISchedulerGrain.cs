using System.Collections.Immutable;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Scheduling;

namespace OrleansOneShot.Contracts.Grains;

/// <summary>The queue and the leases of the whole cluster (key: 0): fair between owners, then by priority, then by age.</summary>
[Alias("oneshot.ISchedulerGrain")]
public interface ISchedulerGrain : IGrainWithIntegerKey
{
    /// <summary>A silo offers slots; replaces what it offered before. Also the heartbeat that renews its leases.</summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
    /// <param name="slots">Its slots; empty takes the silo out.</param>
    /// <returns>When known.</returns>
    [Alias("Announce")]
    Task Announce(string silo, ImmutableArray<SlotAnnouncement> slots);

    /// <summary>A silo lives and takes no jobs for now. Also its heartbeat: jobs that it works for keep their leases; what it has lent is taken back.</summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
    /// <param name="slots">The slots that it would offer.</param>
    /// <param name="why">Why it takes none, as the end of a sentence that begins with "takes no jobs: ".</param>
    /// <returns>When known.</returns>
    [Alias("Withhold")]
    Task Withhold(string silo, ImmutableArray<SlotAnnouncement> slots, string why);

    /// <summary>Asked before a job is stored: whether the queue has room for it. Keeps its place for half a minute.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="owner">Its owner.</param>
    /// <returns>If there is room.</returns>
    /// <exception cref="Documents.Errors.OneShotException">
    /// limit: its owner has as many waiting jobs as it may, or the queue is full. The message says when to try again.
    /// </exception>
    [Alias("Admit")]
    Task Admit(string jobId, string owner);

    /// <summary>Queues a job; a job that is queued or leased already stays as it is.</summary>
    /// <param name="entry">The job.</param>
    /// <returns>When durable.</returns>
    [Alias("Enqueue")]
    Task Enqueue(QueueEntry entry);

    /// <summary>The job needs no slot any more: takes it off the queue, or frees its lease.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>When durable.</returns>
    [Alias("Remove")]
    Task Remove(string jobId);

    /// <summary>
    /// The job has ended: takes it off the queue, or frees its lease. May be said late: a job that was retried meanwhile has later epochs, and stays.
    /// </summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">Its last epoch, as far as whoever says so knows.</param>
    /// <returns>When durable.</returns>
    [Alias("RemoveEnded")]
    Task RemoveEnded(string jobId, long epoch);

    /// <summary>A job that ends tells how much memory it took, while it still holds its lease: its like then wait for slots that have as much.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="peakBytes">The most that it took.</param>
    /// <returns>When durable.</returns>
    [Alias("RecordMemory")]
    Task RecordMemory(string jobId, long peakBytes);

    /// <summary>Why a job waits, and its place.</summary>
    /// <param name="jobId">The job.</param>
    /// <returns>Null if it does not wait.</returns>
    [Alias("GetOutlook"), ReadOnly, AlwaysInterleave]
    Task<QueueOutlook?> GetOutlook(string jobId);

    /// <summary>What the place of a job would be, if it came now. It does not.</summary>
    /// <param name="entry">The job.</param>
    /// <returns>Its outlook.</returns>
    [Alias("Preview"), ReadOnly, AlwaysInterleave]
    Task<QueueOutlook> Preview(QueueEntry entry);

    /// <summary>A silo is gone: its leases return at once and its jobs are asked to queue again.</summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
    /// <returns>When durable.</returns>
    [Alias("SiloLost")]
    Task SiloLost(string silo);

    /// <summary>
    /// Lends free slots to a running job whose steps fan out. A slot that a queued job could use is never lent, and is taken back when one comes.
    /// </summary>
    /// <param name="jobId">The job; it holds a lease.</param>
    /// <param name="epoch">The job's epoch; of another one nothing is lent.</param>
    /// <param name="wanted">Most slots wanted, 1 or more.</param>
    /// <param name="except">Silos to leave out, because they failed this job.</param>
    /// <param name="request">
    /// Number of the request, 1 or more: asked again with the same one, because the answer was lost, the scheduler gives what it lent then and still is.
    /// </param>
    /// <returns>Leases of the job on other slots, perhaps none. They end with the job's own lease.</returns>
    [Alias("Lend")]
    Task<ImmutableArray<SlotLease>> Lend(string jobId, long epoch, int wanted, ImmutableArray<string> except, long request);

    /// <summary>Gives a lent slot back; one that was taken back already is fine.</summary>
    /// <param name="lease">The lease that <see cref="Lend"/> gave.</param>
    /// <returns>When durable.</returns>
    [Alias("GiveBack")]
    Task GiveBack(SlotLease lease);

    /// <summary>
    /// A silo that has been idle wants to leave: takes it out, unless a job has or waits for one of its slots. Until it announces itself again it gets none.
    /// </summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
    /// <returns>Whether it is out.</returns>
    [Alias("Retire")]
    Task<bool> Retire(string silo);

    /// <summary>Drains the cluster for an upgrade: no job gets a slot, those that run stop at a checkpoint and wait, and all silos leave.</summary>
    /// <returns>How far that is; it goes on.</returns>
    /// <exception cref="Documents.Errors.OneShotException">conflict: this is no cluster.</exception>
    [Alias("Drain")]
    Task<DrainStatus> Drain();

    /// <summary>Takes <see cref="Drain"/> back. Silos that have begun to leave leave all the same.</summary>
    /// <returns>How things are then.</returns>
    [Alias("Resume")]
    Task<DrainStatus> Resume();

    /// <summary>Has one silo leave; others take its jobs.</summary>
    /// <param name="silo">The silo's address, as <c>SiloAddress.ToParsableString</c> gives it.</param>
    /// <returns>How things are; the silo leaves when its jobs have stopped at a checkpoint.</returns>
    /// <exception cref="Documents.Errors.OneShotException">not_found: no such silo. conflict: this is no cluster.</exception>
    [Alias("DrainSilo")]
    Task<DrainStatus> DrainSilo(string silo);

    /// <summary>How far the cluster has drained.</summary>
    /// <returns>The status.</returns>
    [Alias("GetDrain"), ReadOnly, AlwaysInterleave]
    Task<DrainStatus> GetDrain();

    /// <summary>The slots that take jobs, leased or free.</summary>
    /// <returns>How many.</returns>
    [Alias("CountSlots"), ReadOnly, AlwaysInterleave]
    Task<int> CountSlots();

    /// <summary>Queue, leases and slots.</summary>
    /// <returns>A snapshot.</returns>
    [Alias("GetSnapshot"), ReadOnly, AlwaysInterleave]
    Task<SchedulerSnapshot> GetSnapshot();
}
