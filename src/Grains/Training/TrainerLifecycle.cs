using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// What a silo does for jobs as it comes and goes. Coming: recover, then offer slots. Going, while grains can still be called: offer none, stop the engines,
/// wait for their checkpoints. Meanwhile: tell the scheduler of silos that died.
/// </summary>
internal sealed partial class TrainerLifecycle(
    TrainingHost host,
    SlotAnnouncer announcer,
    IdleWatch idle,
    JobRecovery recovery,
    IClusterMembershipService membership,
    IGrainFactory grains,
    IOptions<OneShotGrainsOptions> options,
    ILogger<TrainerLifecycle> logger
) : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _watch = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(TrainerLifecycle), ServiceLifecycleStage.Active + 1, StartAsync, StopAsync);

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        Clean();
        if (options.Value.ResumeOnStart)
        {
            await ResumeAsync(cancellationToken);
        }
        announcer.Start();
        idle.Start();
        _watch = Task.Run(WatchAsync, CancellationToken.None);
    }

    private void Clean()
    {
        try
        {
            if (RunFolder.DeleteAbandoned(options.Value.WorkFolder) is > 0 and var folders)
            {
                LogCleaned(folders);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its jobs will say so; this silo may hold other grains all the same.
            LogNotCleaned(e, options.Value.WorkFolder);
        }
    }

    private async Task ResumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            await recovery.ResumeAsync("restart", cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A silo of this cluster may be dying just now. The scheduler's reminder looks for such jobs as well, later.
            LogNotResumed(e);
        }
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await announcer.StopAsync();
        try
        {
            await host.StopAllAsync(options.Value.RequeueOnStop, cancellationToken);
        }
        catch (OperationCanceledException e)
        {
            LogAbandoned(e);
        }

        await _watch;
    }

    private async Task WatchAsync()
    {
        var known = new HashSet<SiloAddress>();
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_stop.Token))
            {
                var alive = snapshot
                    .Members.Values.Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None))
                    .Select(member => member.SiloAddress)
                    .ToHashSet();
                var gone = known.Except(alive).ToList();
                if (gone.Count > 0)
                {
                    announcer.Prompt();
                }
                foreach (var lost in gone)
                {
                    await TellAsync(lost);
                }
                known = alive;
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private async Task TellAsync(SiloAddress lost)
    {
        try
        {
            await grains.GetGrain<ISchedulerGrain>(0).SiloLost(lost.ToParsableString());
        }
        catch (Exception e)
        {
            // Its leases lapse by themselves.
            LogFailed(e, lost);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Count} work folders of processes that were killed are deleted")]
    private partial void LogCleaned(int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The work folder {Folder} can't be read")]
    private partial void LogNotCleaned(Exception error, string folder);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Jobs that an earlier process left could not be looked for; it is tried again within minutes")]
    private partial void LogNotResumed(Exception error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduler could not be told that silo {Silo} is lost")]
    private partial void LogFailed(Exception error, SiloAddress silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all engines stopped in time; their jobs resume from their last checkpoints")]
    private partial void LogAbandoned(Exception error);
}
