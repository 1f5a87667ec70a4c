using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// The queue and the leases. Reentrant, and it never awaits a job within a call: jobs call it while they are busy themselves, so waiting for them would lock both. Every decision
/// is made in one turn and stored before a job hears of it; of two activations (a split cluster) the ETag lets one store, and the other ends without having told anybody.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class SchedulerGrain(
    [PersistentState("scheduler", OneShotStorage.Name)] IPersistentState<SchedulerState> storage,
    IOptions<OneShotGrainsOptions> options,
    OneShotInstruments instruments,
    ILogger<SchedulerGrain> logger) : Grain, ISchedulerGrain, IDisposable
{
    private readonly SemaphoreSlim _storing = new(1, 1);
    private readonly Dictionary<string, Task> _starting = new(StringComparer.Ordinal);
    private SchedulerModel _model = null!;
    private long _changes;
    private long _stored;

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _model = new SchedulerModel(storage.State, options.Value.LeaseDuration, Now);
        this.RegisterGrainTimer(PumpAsync, new GrainTimerCreationOptions(options.Value.SchedulerPeriod, options.Value.SchedulerPeriod) { Interleave = true });
        // A crash between storing a lease and hearing from its job: ask again, the job answers the same.
        foreach (var lease in _model.Unanswered)
            StartJob(lease);
        return Task.CompletedTask;
    }

    public async Task Announce(string silo, ImmutableArray<SlotAnnouncement> slots)
    {
        var lent = _model.Lent;
        _model.Announce(silo, slots, Now);
        _changes += lent - _model.Lent;
        await PumpAsync(CancellationToken.None);
    }

    public async Task Enqueue(QueueEntry entry)
    {
        if (_model.Enqueue(entry))
            _changes++;
        await StoreAsync();
        await PumpAsync(CancellationToken.None);
    }

    public async Task Remove(string jobId)
    {
        if (_model.Remove(jobId))
            _changes++;
        await StoreAsync();
        await PumpAsync(CancellationToken.None);
    }

    public async Task SiloLost(string silo)
    {
        var lent = _model.Lent;
        var orphans = _model.SiloLost(silo);
        _changes += orphans.Length + lent - _model.Lent;
        await StoreAsync();
        Requeue(orphans, "silo_lost");
        await PumpAsync(CancellationToken.None);
    }

    public async Task<ImmutableArray<SlotLease>> Lend(string jobId, long epoch, int wanted, ImmutableArray<string> except)
    {
        // A trainer may ask before its job's answer, which names the epoch, has come back.
        if (_starting.TryGetValue(jobId, out var starting))
            await starting.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
        var lent = _model.Lend(jobId, epoch, wanted, except.IsDefault ? [] : except, Now);
        _changes += lent.Length;
        Measure();
        await StoreAsync();
        if (!lent.IsEmpty)
            LogLent(lent.Length, jobId, epoch);
        return lent;
    }

    public async Task GiveBack(SlotLease lease)
    {
        if (_model.GiveBack(lease))
            _changes++;
        await StoreAsync();
        await PumpAsync(CancellationToken.None);
    }

    public Task<SchedulerSnapshot> GetSnapshot() => Task.FromResult(_model.Snapshot());

    public void Dispose() => _storing.Dispose();

    /// <summary>Frees what lapsed and gives out what is free.</summary>
    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var lent = _model.Lent;
        var orphans = _model.Expire(Now);
        var granted = _model.Grant(Now);
        _changes += orphans.Length + granted.Length + lent - _model.Lent;
        Measure();
        await StoreAsync();
        Requeue(orphans, "lease_expired");
        foreach (var record in granted)
            StartJob(record.Lease);
    }

    private void Measure() => instruments.OnScheduler(_model.Queued, _model.Free, _model.Leased, _model.Lent);

    private void Requeue(ImmutableArray<string> jobs, string reason)
    {
        foreach (var job in jobs)
            RequeueAsync(job, reason).Ignore();
    }

    private async Task RequeueAsync(string job, string reason)
    {
        try
        {
            LogOrphan(job, reason);
            await GrainFactory.GetGrain<IImplantationGrain>(job).EnsureRunning(reason);
        }
        catch (Exception e)
        {
            // The job is found again by the recovery of the next silo that starts.
            LogRequeueFailed(e, job);
        }
    }

    private void StartJob(SlotLease lease)
    {
        var starting = StartJobAsync(lease);
        _starting[lease.JobId] = starting;
        ForgetAsync().Ignore();

        async Task ForgetAsync()
        {
            await starting.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);
            if (_starting.TryGetValue(lease.JobId, out var present) && present == starting)
                _starting.Remove(lease.JobId);
        }
    }

    private async Task StartJobAsync(SlotLease lease)
    {
        try
        {
            var answer = await GrainFactory.GetGrain<IImplantationGrain>(lease.JobId).Start(lease);
            if (answer is null ? _model.NotStarted(lease, requeue: false) : _model.Started(answer))
                _changes++;
            await StoreAsync();
            if (answer is null)
                await PumpAsync(CancellationToken.None);
        }
        catch (Exception e)
        {
            // Back to its place; the timer tries again, so a slot that can't start anything is no busy loop.
            LogStartFailed(e, lease.JobId, lease.Silo, lease.Slot);
            if (_model.NotStarted(lease, requeue: true))
                _changes++;
            await StoreAsync();
        }
    }

    /// <summary>Stores all changes made so far; calls that change meanwhile share the next write.</summary>
    private async Task StoreAsync()
    {
        var wanted = _changes;
        if (_stored >= wanted)
            return;
        await _storing.WaitAsync();
        try
        {
            if (_stored >= wanted)
                return;
            var written = _changes;
            storage.State = _model.ToState();
            await storage.WriteStateAsync();
            _stored = written;
        }
        catch
        {
            // What is stored is not known: the next activation reads it. Silos announce themselves again.
            DeactivateOnIdle();
            throw;
        }
        finally
        {
            _storing.Release();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} lost its slot ({Reason})")]
    private partial void LogOrphan(string jobId, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} slots lent to job {JobId}, epoch {Epoch}")]
    private partial void LogLent(int count, string jobId, long epoch);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} could not be asked to queue again")]
    private partial void LogRequeueFailed(Exception error, string jobId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} could not start on slot {Slot} of {Silo}; it waits again")]
    private partial void LogStartFailed(Exception error, string jobId, string silo, int slot);
}
