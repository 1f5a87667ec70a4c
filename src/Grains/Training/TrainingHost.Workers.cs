using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Documents.Requests;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Faults;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Workers for the jobs of other silos to which slots of this one are lent. Runs and workers share the slots, never at the same time: what begins on a slot
/// asks a worker there to end, and waits until it has.
/// </summary>
internal sealed partial class TrainingHost
{
    private readonly List<WorkerThread> _workers = [];

    /// <summary>Opens a worker on a lent slot.</summary>
    /// <param name="lease">The lent slot.</param>
    /// <param name="request">The job's request.</param>
    /// <param name="brief">What the job's own slot has settled.</param>
    /// <returns>The worker.</returns>
    /// <exception cref="OneShotException">unavailable: the silo stops, has no engine, or the slot has gone to somebody else meanwhile.</exception>
    public WorkerThread OpenWorker(SlotLease lease, ImplantationRequest request, string brief)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw WorkerThread.Unavailable("its silo is stopping");
            }
            if (quarantine.Why is { } sick)
            {
                throw WorkerThread.Unavailable($"its silo takes no jobs: {sick}");
            }
            var engine =
                services.GetService<ITermEngine>()
                ?? services.GetService<ITrainingEngine>() as ITermEngine
                ?? throw WorkerThread.Unavailable("its silo has no ITermEngine");
            // All leases come from one scheduler, so the one that lapses last was given last: a call that was long under way takes nothing from those after it.
            if (
                _runs.Values.Any(run => run.Lease.Slot == lease.Slot && run.Lease.Expires > lease.Expires)
                || _workers.Exists(worker => !worker.HasEnded && Replaces(worker.Lease, lease))
            )
            {
                throw WorkerThread.Unavailable("it was taken back");
            }
            EndWorkers(worker => Replaces(lease, worker.Lease), "the slot is lent to somebody else");
            // Before it is forgotten, a worker that has ended may still free its memory; so may a run that has given its lease back.
            var slotFree = Task.WhenAll([.. _runs.Values.Where(run => run.Lease.Slot == lease.Slot).Select(run => run.Completion), WorkersOn(lease.Slot)]);
            var opened = new WorkerThread(
                engine,
                lease,
                new EngineJob(lease.JobId, lease.Epoch, lease.Slot, request, null, string.Empty) { Device = options.Value.DeviceOf(lease.Slot), Brief = brief },
                options.Value,
                logger
            );
            _workers.Add(opened);
            opened.Start(slotFree);
            opened.Completion.ContinueWith(_ => Forget(opened), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return opened;
        }
    }

    /// <summary>Whether a lease ends what another one stands for: on the same slot the later one does; of a job, the newer epoch's.</summary>
    private static bool Replaces(SlotLease lease, SlotLease other) =>
        lease.JobId == other.JobId && lease.Epoch != other.Epoch ? lease.Epoch > other.Epoch : lease.Slot == other.Slot && lease.Expires >= other.Expires;

    private void EndWorkers(Predicate<WorkerThread> which, string why)
    {
        foreach (var worker in _workers.FindAll(which))
        {
            worker.End(why);
        }
    }

    private Task WorkersOn(int slot) => Task.WhenAll(_workers.Where(worker => worker.Lease.Slot == slot).Select(worker => worker.Completion));

    private void Forget(WorkerThread worker)
    {
        // Its job evaluates the terms elsewhere; what failed them here would fail the next one's.
        if (worker.Failure is { } failure && Fault.Of(failure) == FaultKind.Machine && !Fault.IsLack(failure))
        {
            announcer.QuarantineAsync(Fault.Describe(failure).Message.TrimEnd('.')).Ignore();
        }
        lock (_lock)
        {
            _workers.Remove(worker);
            _idleSince = options.Value.Clock.GetTimestamp();
        }
        worker.Dispose();
    }
}
