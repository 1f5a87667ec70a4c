using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Training;

/// <summary>Offers this silo's slots to the scheduler, again and again: that is also the sign of life that keeps its leases.</summary>
internal sealed partial class SlotAnnouncer(
    IGrainFactory grains, ILocalSiloDetails silo, MappedModels models, IOptions<OneShotGrainsOptions> options, ILogger<SlotAnnouncer> logger) : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins, unless this silo has no slots.</summary>
    public void Start()
    {
        if (!options.Value.Slots.IsEmpty)
            _loop = Task.Run(LoopAsync);
    }

    /// <summary>Takes this silo out: it gets no more leases, and keeps those it has until their jobs give them back.</summary>
    /// <returns>When the scheduler knows.</returns>
    public async Task StopAsync()
    {
        if (options.Value.Slots.IsEmpty)
            return;
        await _stop.CancelAsync();
        await _loop;
        try
        {
            await grains.GetGrain<ISchedulerGrain>(0).Announce(silo.SiloAddress.ToParsableString(), []);
        }
        catch (Exception e)
        {
            // The scheduler finds out by the silence.
            LogFailed(e);
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(options.Value.HeartbeatPeriod, options.Value.Clock);
        try
        {
            do
            {
                try
                {
                    await grains.GetGrain<ISchedulerGrain>(0).Announce(silo.SiloAddress.ToParsableString(), [.. options.Value.Slots.Select(slot => slot with { Models = models.Names })]);
                }
                catch (Exception e)
                {
                    LogFailed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token));
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The slots of this silo could not be announced")]
    private partial void LogFailed(Exception error);
}
