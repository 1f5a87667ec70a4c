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
    // After an announcement that did not arrive, such as one to a scheduler that is just moving.
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _prompt = new(0, 1);
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins, unless this silo has no slots.</summary>
    public void Start()
    {
        if (!options.Value.Slots.IsEmpty)
            _loop = Task.Run(LoopAsync);
    }

    /// <summary>Announces at once: the scheduler may have been lost with another silo, and its successor knows no slots until they are announced.</summary>
    public void Prompt()
    {
        try
        {
            _prompt.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is about to.
        }
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
        _prompt.Dispose();
    }

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(options.Value.HeartbeatPeriod, options.Value.Clock);
        try
        {
            var (tick, prompt) = (timer.WaitForNextTickAsync(_stop.Token).AsTask(), _prompt.WaitAsync(_stop.Token));
            while (true)
            {
                try
                {
                    await grains.GetGrain<ISchedulerGrain>(0).Announce(silo.SiloAddress.ToParsableString(), [.. options.Value.Slots.Select(slot => slot with { Models = models.Names })]);
                }
                catch (Exception e)
                {
                    LogFailed(e);
                    await Task.Delay(s_again, options.Value.Clock, _stop.Token);
                    continue;
                }

                await await Task.WhenAny(tick, prompt);
                if (tick.IsCompleted)
                    tick = timer.WaitForNextTickAsync(_stop.Token).AsTask();
                if (prompt.IsCompleted)
                    prompt = _prompt.WaitAsync(_stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Asked to stop.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The slots of this silo could not be announced")]
    private partial void LogFailed(Exception error);
}
