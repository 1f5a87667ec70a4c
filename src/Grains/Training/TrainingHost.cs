using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Documents.Errors;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Engine;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Training;

/// <summary>Owns the runs and workers of this silo, so that they outlive the activations that started them.</summary>
internal sealed partial class TrainingHost(
    IServiceProvider services,
    IArtifactStore store,
    IGrainFactory grains,
    MappedModels models,
    SlotAnnouncer announcer,
    Quarantine quarantine,
    IOptions<OneShotGrainsOptions> options,
    OneShotInstruments instruments,
    ILogger<TrainingHost> logger
) : ITrainingHost, IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(string JobId, long Epoch), TrainingRun> _runs = [];
    private readonly CancellationTokenSource _abandon = new();
    private bool _stopping;
    private long _idleSince = options.Value.Clock.GetTimestamp();

    /// <summary>Since when nothing runs on this silo's slots, as a time stamp of the clock; null: something does.</summary>
    public long? IdleSince
    {
        get
        {
            lock (_lock)
            {
                return _runs.Count + _workers.Count > 0 ? null : _idleSince;
            }
        }
    }

    /// <inheritdoc/>
    public int Active
    {
        get
        {
            lock (_lock)
            {
                return _runs.Count;
            }
        }
    }

    /// <summary>Starts a run; one that runs already is left alone.</summary>
    /// <param name="lease">The lease with the epoch to work for.</param>
    /// <param name="order">What to do.</param>
    /// <returns>When the run has ended.</returns>
    /// <exception cref="OneShotException">unavailable: the silo stops.</exception>
    public Task Start(SlotLease lease, RunOrder order)
    {
        lock (_lock)
        {
            if (_stopping)
            {
                throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, "This silo is stopping and takes no more jobs."));
            }
            var key = (lease.JobId, lease.Epoch);
            if (_runs.TryGetValue(key, out var running))
            {
                return running.Completion;
            }
            var engine =
                services.GetService<ITrainingEngine>()
                ?? throw new OneShotException(
                    new ErrorDetail(ErrorCodes.Unavailable, "This silo has no engine; register an ITrainingEngine or give it no slots.")
                );
            // A call that comes late, when the job has gone on.
            if (_runs.Keys.Any(other => other.JobId == lease.JobId && other.Epoch > lease.Epoch))
            {
                throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"Job {lease.JobId} has a later epoch than {lease.Epoch} on this silo."));
            }
            // Granted before the scheduler knew.
            if (quarantine.Why is { } why)
            {
                throw new OneShotException(new ErrorDetail(ErrorCodes.Unavailable, $"This silo takes no jobs: {why}."));
            }
            // Older epochs of the job are fenced already; asking them to stop frees the slot sooner.
            foreach (var older in _runs.Values.Where(run => run.Lease.JobId == lease.JobId))
            {
                older.Stop(StopReason.Cancel);
            }
            EndWorkers(
                worker => worker.Lease.Slot == lease.Slot || (worker.Lease.JobId == lease.JobId && worker.Lease.Epoch < lease.Epoch),
                "the slot is needed for a job"
            );
            var slotFree = Task.WhenAll([.. _runs.Values.Where(run => run.Lease.Slot == lease.Slot).Select(run => run.Completion), WorkersOn(lease.Slot)]);
            var run = new TrainingRun(
                new TrainingServices(engine, store, grains, options.Value, instruments, logger)
                {
                    Quarantine = announcer.QuarantineAsync,
                    Worked = quarantine.Worked,
                },
                lease,
                order,
                _abandon.Token
            );
            _runs.Add(key, run);
            models.Use(order.Request.Model.Name);
            run.Start(slotFree);
            run.Completion.ContinueWith(_ => Forget(key), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return run.Completion;
        }
    }

    /// <summary>Asks a run to stop.</summary>
    /// <param name="jobId">The job.</param>
    /// <param name="epoch">The epoch.</param>
    public void Stop(string jobId, long epoch)
    {
        lock (_lock)
        {
            if (_runs.TryGetValue((jobId, epoch), out var run))
            {
                run.Stop(StopReason.Cancel);
            }
        }
    }

    /// <inheritdoc/>
    public async Task StopAllAsync(bool requeue, CancellationToken cancellationToken = default)
    {
        Task all;
        // A silo that leaves a drained cluster has done so before it stops: then there is nothing more to measure.
        using var drain = _stopping ? null : instruments.BeginDrain();
        lock (_lock)
        {
            _stopping = true;
            foreach (var run in _runs.Values)
            {
                run.Stop(StopReason.Drain, requeue);
            }
            EndWorkers(_ => true, "its silo is stopping");
            all = WhenIdleAsync();
        }

        try
        {
            await all.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await _abandon.CancelAsync();
            throw;
        }
    }

    /// <summary>Waits for the runs and workers of this moment.</summary>
    /// <returns>When they have ended.</returns>
    internal Task WhenIdleAsync()
    {
        lock (_lock)
        {
            return Task.WhenAll([.. _runs.Values.Select(run => run.Completion), .. _workers.Select(worker => worker.Completion)]);
        }
    }

    public void Dispose()
    {
        _abandon.Cancel();
        _abandon.Dispose();
    }

    private void Forget((string JobId, long Epoch) key)
    {
        lock (_lock)
        {
            if (_runs.Remove(key, out var run))
            {
                run.Dispose();
                _idleSince = options.Value.Clock.GetTimestamp();
            }
        }
    }
}

/// <summary>The runs of this silo.</summary>
public interface ITrainingHost
{
    /// <summary>Number of runs that have not ended.</summary>
    int Active { get; }

    /// <summary>
    /// Takes no more jobs, asks every engine to stop at its next step, and waits until each has committed a checkpoint and given its job back. A stopping silo
    /// does this by itself.
    /// </summary>
    /// <param name="requeue">Whether the jobs are queued again at once; otherwise they wait for the next process that resumes.</param>
    /// <param name="cancellationToken">Ends the wait; the runs are then abandoned, and resume from their last checkpoint.</param>
    /// <returns>When all have ended.</returns>
    Task StopAllAsync(bool requeue, CancellationToken cancellationToken = default);
}
