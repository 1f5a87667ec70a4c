using System.Collections.Immutable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Concurrency;
using Orleans.Storage;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Diagnostics;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Paging;
using OrleansOneShot.Grains.Training;

namespace OrleansOneShot.Grains.Scheduling;

/// <summary>
/// The queue and the leases. Reentrant, and it never awaits a job within a call: jobs call it while they are busy themselves, so waiting for them would lock
/// both. Every decision is made in one turn and stored before a job hears of it; of two activations (a split cluster) the ETags let the later one store, and
/// the other ends without having told anybody. This file: what others call.
/// </summary>
[Reentrant, KeepAlive]
internal sealed partial class SchedulerGrain(
    [PersistentState("scheduler", OneShotStorage.Name)] IPersistentState<SchedulerState> storage,
    [FromKeyedServices(OneShotStorage.Name)] IGrainStorage pages,
    IClusterMembershipService membership,
    JobRecovery recovery,
    IDrainMark mark,
    IOptions<OneShotGrainsOptions> options,
    OneShotInstruments instruments,
    ILogger<SchedulerGrain> logger
) : Grain, ISchedulerGrain, IDisposable
{
    private const int MaxNotices = 32;
    private static readonly TimeSpan s_askAgain = TimeSpan.FromSeconds(1);

    private readonly JobCalls _calls = new();
    private readonly Admission _admission = new(options.Value.MaxQueuedPerOwner, options.Value.MaxQueued);
    private SchedulerModel _model = null!;
    private WaitNotices _notices = null!;
    private PagedList<QueueRow> _queue = null!;
    private SharedWrites _writes = null!;
    private SchedulerGauges? _gauges;
    private DateTimeOffset _activated;
    private Task _telling = Task.CompletedTask;

    private DateTimeOffset Now => options.Value.Clock.GetUtcNow();

    /// <summary>Whether every living silo has had the time to announce itself.</summary>
    private bool Settled => Now - _activated >= options.Value.HeartbeatPeriod;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _activated = Now;
        await LoadAsync();
        _model.Drain = await mark.ReadAsync();
        _gauges = instruments.BeginScheduler();
        Measure();
        this.RegisterGrainTimer(TickAsync, new GrainTimerCreationOptions(options.Value.SchedulerPeriod, options.Value.SchedulerPeriod) { Interleave = true });
        this.RegisterGrainTimer(AskAgainAsync, new GrainTimerCreationOptions(s_askAgain, s_askAgain) { Interleave = true });
        // A crash between storing a lease and hearing from its job: ask again, the job answers the same.
        foreach (var lease in _model.Unanswered)
        {
            StartJob(lease);
        }
    }

    public Task Announce(string silo, ImmutableArray<SlotAnnouncement> slots) => AnnounceAsync(silo, slots, withheld: null);

    public Task Withhold(string silo, ImmutableArray<SlotAnnouncement> slots, string why) => AnnounceAsync(silo, slots, why);

    private async Task AnnounceAsync(string silo, ImmutableArray<SlotAnnouncement> slots, string? withheld)
    {
        // A silo that was stopped, evicted and continued sends what it had begun to say. Its jobs are others' by now, and nothing could start there.
        if (membership.CurrentSnapshot.GetSiloStatus(SiloAddress.FromParsableString(silo)) == SiloStatus.Dead)
        {
            return;
        }
        var lent = _model.Lent;
        _model.Announce(silo, slots, Now, withheld);
        _writes.Changed(lent - _model.Lent);
        await PumpAsync(CancellationToken.None);
    }

    public Task Admit(string jobId, string owner)
    {
        _admission.Admit(_model.Waiting, jobId, owner, Now);
        return Task.CompletedTask;
    }

    public async Task Enqueue(QueueEntry entry)
    {
        _admission.Came(entry.JobId);
        if (_model.Enqueue(entry, Now))
        {
            _writes.Changed();
        }
        await _writes.FlushAsync();
        await PumpAsync(CancellationToken.None);
        if (_notices.TakeOf(entry.JobId, Settled) is { } why)
        {
            TellAsync(entry.JobId, why).Ignore();
        }
    }

    public async Task Remove(string jobId)
    {
        if (_model.Remove(jobId))
        {
            _writes.Changed();
        }
        // Which writes this, and who gets the slot, at once.
        await PumpAsync(CancellationToken.None);
    }

    public Task RemoveEnded(string jobId, long epoch) => _model.IsOver(jobId, epoch) ? Remove(jobId) : Task.CompletedTask;

    public async Task RecordMemory(string jobId, long peakBytes)
    {
        if (_model.RecordMemory(jobId, peakBytes, Now))
        {
            _writes.Changed();
        }
        await _writes.FlushAsync();
    }

    public Task<QueueOutlook?> GetOutlook(string jobId) => Task.FromResult(_model.Waiting.Find(jobId) is { } entry ? _model.OutlookOf(entry, Settled) : null);

    public Task<QueueOutlook> Preview(QueueEntry entry) => Task.FromResult(_model.Preview(entry, Settled));

    public async Task SiloLost(string silo)
    {
        var lent = _model.Lent;
        var orphans = _model.SiloLost(silo);
        _writes.Changed(orphans.Length + lent - _model.Lent);
        await _writes.FlushAsync();
        Requeue(orphans, "silo_lost");
        await PumpAsync(CancellationToken.None);
    }

    public async Task<ImmutableArray<SlotLease>> Lend(string jobId, long epoch, int wanted, ImmutableArray<string> except, long request)
    {
        // A trainer may ask before its job's answer, which names the epoch, has come back.
        await _calls.WhenStartedAsync(jobId);
        var lent = _model.Lend(jobId, epoch, wanted, except.IsDefault ? [] : except, Now, request);
        _writes.Changed(lent.Length);
        Measure();
        await _writes.FlushAsync();
        if (!lent.IsEmpty)
        {
            LogLent(lent.Length, jobId, epoch);
        }
        return lent;
    }

    public async Task GiveBack(SlotLease lease)
    {
        if (_model.GiveBack(lease))
        {
            _writes.Changed();
        }
        await _writes.FlushAsync();
        await PumpAsync(CancellationToken.None);
    }

    public Task<SchedulerSnapshot> GetSnapshot() => Task.FromResult(_model.Snapshot(Settled));

    public Task<int> CountSlots() => Task.FromResult(_model.SlotCount);

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // Before the next activation begins, wherever that is.
        _gauges?.Dispose();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _gauges?.Dispose();
        _writes?.Dispose();
    }

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        RemindAsync().Ignore();
        RetryOrphans();
        await PumpAsync(cancellationToken);

        // Only here: with thousands waiting, news for all of them must not come in the way of those that call. Who asks for a job's status hears the reason at
        // any time.
        if (!_telling.IsCompleted)
        {
            return;
        }
        _telling = Task.WhenAll(_notices.Take(Settled, MaxNotices).Select(notice => TellAsync(notice.JobId, notice.Text)));
        _telling.Ignore();
    }

    /// <summary>Frees what lapsed and gives out what is free.</summary>
    private async Task PumpAsync(CancellationToken cancellationToken)
    {
        var lent = _model.Lent;
        var orphans = _model.Expire(Now);
        var granted = _model.Grant(Now);
        // What was said of an older lease says nothing of this one, which is not even stored yet.
        foreach (var record in granted)
        {
            _calls.Forget(record.Lease.JobId);
        }
        _writes.Changed(orphans.Length + granted.Length + lent - _model.Lent);
        Measure();
        await _writes.FlushAsync();
        Requeue(orphans, "lease_expired");
        foreach (var record in granted)
        {
            _admission.Started(Now);
            StartJob(record.Lease);
        }
    }
}
