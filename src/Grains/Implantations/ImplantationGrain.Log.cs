using OrleansOneShot.Documents.Jobs;
using OrleansOneShot.Documents.Progress;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Grains.Implantations;

/// <summary>How a job's events are stored, and then shown.</summary>
internal sealed partial class ImplantationGrain
{
    // While nobody watches, the job's own events wait so long for others, which the same append then stores. Nobody watches the single jobs of a run of
    // thousands of photos.
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(1);

    private int _watchers;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        // What was left by request may be another activation's by now.
        if (_logTimer is not null && reason.ReasonCode != DeactivationReasonCode.ApplicationRequested)
        {
            await StoreLaterAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Adds events of the job itself, stores them, then shows them to watchers; a moment later while there are none. A store that can't take them must not
    /// stop the job: the events then wait in memory until it can, unseen, since what a watcher has seen under a number must be found there again. Only an
    /// ended job's last event is shown at once: its watchers leave, and whoever writes it again writes the same. Under the same number, too: what waited
    /// before it and nobody has seen goes, since after a crash nobody would write that again.
    /// </summary>
    private async Task LogAsync(params ProgressEvent[] events)
    {
        foreach (var progress in events)
        {
            _log.Add(progress);
        }
        if (_watchers == 0 && !_state.State.IsFinal())
        {
            StoreLater(s_moment);
            return;
        }
        try
        {
            await StoreLogAsync();
        }
        catch (ArtifactStoreException e)
        {
            LogNotStored(e, Id);
            if (_state.State.IsFinal())
            {
                _log.KeepNewestAfter(_visible);
                ShowLog();
            }
            StoreLater(options.Value.SchedulerPeriod);
        }
    }

    private void StoreLater(TimeSpan first) => _logTimer ??= this.RegisterGrainTimer(StoreLaterAsync, first, options.Value.SchedulerPeriod);

    /// <summary>Somebody watches: what waits to be stored, and so to be shown, waits no longer.</summary>
    private void HurryLog() => _logTimer?.Change(TimeSpan.Zero, options.Value.SchedulerPeriod);

    private async Task StoreLaterAsync(CancellationToken cancellationToken)
    {
        try
        {
            await StoreLogAsync();
            _logTimer?.Dispose();
            _logTimer = null;
        }
        catch (IOException e)
        {
            LogNotStored(e, Id);
        }
    }

    /// <summary>Stores events, then shows them to watchers.</summary>
    /// <exception cref="ArtifactStoreException">The store is away: the events are not shown yet, and their trainer keeps them and sends them again.</exception>
    private async Task StoreLogAsync()
    {
        try
        {
            await _log.StoreAsync(Newest);
            _storeAway = null;
        }
        catch (ArtifactChangedException)
        {
            // Another activation of this job writes: whoever holds the state's ETag goes on, after reading again.
            DeactivateOnIdle();
            throw;
        }
        catch (ArtifactStoreException e) when (e.IsTransient)
        {
            _storeAway = Fault.Cut(e.Message);
            throw;
        }
        catch (IOException e)
        {
            // A full disk: the job may go on without its log, until there is room again.
            LogNotStored(e, Id);
        }

        ShowLog();
    }

    private void ShowLog()
    {
        if (_visible == _log.Last)
        {
            return;
        }
        _visible = _log.Last;
        Signal();
    }
}
