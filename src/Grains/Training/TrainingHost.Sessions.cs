using Microsoft.Extensions.DependencyInjection;
using OrleansOneShot.Contracts.Errors;
using OrleansOneShot.Contracts.Requests;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.FanOut;
using OrleansOneShot.Grains.Faults;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Sessions of jobs that borrow slots of this silo. Runs and sessions share the slots, never at the same time: what begins on a slot asks a session there to
/// end, and waits until it has.
/// </summary>
internal sealed partial class TrainingHost
{
    private readonly List<WorkerSession> _sessions = [];

    /// <summary>Opens a session on a lent slot.</summary>
    /// <param name="lease">The lent slot.</param>
    /// <param name="request">The job's request.</param>
    /// <param name="terms">What the job's own slot has settled.</param>
    /// <returns>The session.</returns>
    /// <exception cref="OneShotException">unavailable: the silo stops, has no engine, or the slot has gone to somebody else meanwhile.</exception>
    public WorkerSession OpenSession(SlotLease lease, ImplantationRequest request, string terms)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw WorkerSession.Unavailable("its silo is stopping");
            }
            if (quarantine.Why is { } sick)
            {
                throw WorkerSession.Unavailable($"its silo takes no jobs: {sick}");
            }
            var engine =
                services.GetService<ITermEngine>()
                ?? services.GetService<ITrainingEngine>() as ITermEngine
                ?? throw WorkerSession.Unavailable("its silo has no ITermEngine");
            // All leases come from one scheduler, so the one that lapses last was given last: a call that was long under way takes nothing from those after it.
            if (
                _runs.Values.Any(run => run.Lease.Slot == lease.Slot && run.Lease.Expires > lease.Expires)
                || _sessions.Exists(session => !session.HasEnded && Replaces(session.Lease, lease))
            )
            {
                throw WorkerSession.Unavailable("it was taken back");
            }
            EndSessions(session => Replaces(lease, session.Lease), "the slot is lent to somebody else");
            // Before it is forgotten, a session that has ended may still free its memory; so may a run that has given its lease back.
            var slotFree = Task.WhenAll([.. _runs.Values.Where(run => run.Lease.Slot == lease.Slot).Select(run => run.Completion), SessionsOn(lease.Slot)]);
            var opened = new WorkerSession(
                engine,
                lease,
                new EngineJob(lease.JobId, lease.Epoch, lease.Slot, request, null, string.Empty) { Device = options.Value.DeviceOf(lease.Slot), Terms = terms },
                options.Value,
                logger
            );
            _sessions.Add(opened);
            opened.Start(slotFree);
            opened.Completion.ContinueWith(_ => Forget(opened), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return opened;
        }
    }

    /// <summary>Whether a lease ends what another one stands for: on the same slot the later one does; of a job, the newer epoch's.</summary>
    private static bool Replaces(SlotLease lease, SlotLease other) =>
        lease.JobId == other.JobId && lease.Epoch != other.Epoch ? lease.Epoch > other.Epoch : lease.Slot == other.Slot && lease.Expires >= other.Expires;

    private void EndSessions(Predicate<WorkerSession> which, string why)
    {
        foreach (var session in _sessions.FindAll(which))
        {
            session.End(why);
        }
    }

    private Task SessionsOn(int slot) => Task.WhenAll(_sessions.Where(session => session.Lease.Slot == slot).Select(session => session.Completion));

    private void Forget(WorkerSession session)
    {
        // Its job evaluates the terms elsewhere; what failed them here would fail the next one's.
        if (session.Failure is { } failure && Fault.Of(failure) == FaultKind.Machine && !Fault.IsLack(failure))
        {
            announcer.QuarantineAsync(Fault.Describe(failure).Message.TrimEnd('.')).Ignore();
        }
        lock (_lock)
        {
            _sessions.Remove(session);
        }
        session.Dispose();
    }
}
