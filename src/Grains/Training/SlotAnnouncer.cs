using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Contracts.Scheduling;
using OrleansOneShot.Grains.Faults;
using OrleansOneShot.Grains.Hosting;
using OrleansOneShot.Grains.Scheduling;

namespace OrleansOneShot.Grains.Training;

/// <summary>
/// Offers this silo's slots to the scheduler, again and again: that is also the sign of life that keeps its leases. While the silo takes no jobs
/// (<see cref="Quarantine"/>) it says why instead.
/// </summary>
internal sealed partial class SlotAnnouncer(
    IGrainFactory grains,
    ILocalSiloDetails silo,
    MappedModels models,
    Quarantine quarantine,
    IOptions<OneShotGrainsOptions> options,
    ILogger<SlotAnnouncer> logger
) : IDisposable
{
    // After an announcement that did not arrive, such as one to a scheduler that is just moving.
    private static readonly TimeSpan s_again = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _prompt = new(0, 1);

    // What is said last must arrive last.
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins, unless this silo has no slots.</summary>
    public void Start()
    {
        if (options.Value.Slots.IsEmpty)
        {
            return;
        }
        quarantine.Changed += _ => Prompt();
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>This silo's machine failed a job: it takes no more until it has passed its self-test.</summary>
    /// <param name="why">What happened, as the end of a sentence.</param>
    /// <returns>When the scheduler knows, or can't be told: then the job that is given back may come here again, and is refused.</returns>
    public async Task QuarantineAsync(string why)
    {
        quarantine.Enter(why);
        if (quarantine.Why is null || options.Value.Slots.IsEmpty || _stop.IsCancellationRequested)
        {
            return;
        }
        try
        {
            await AnnounceAsync();
        }
        catch (Exception e)
        {
            // The loop tries again.
            LogFailed(e);
        }
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
        {
            return;
        }
        await _stop.CancelAsync();
        await _loop;
        await _turn.WaitAsync();
        try
        {
            await grains.GetGrain<ISchedulerGrain>(0).Announce(silo.SiloAddress.ToParsableString(), []);
        }
        catch (Exception e)
        {
            // The scheduler finds out by the silence.
            LogFailed(e);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes this silo out if nothing is there for its slots.</summary>
    /// <returns>Whether it is out; then it offers nothing any more.</returns>
    public async Task<bool> RetireAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_stop.IsCancellationRequested || !await grains.GetGrain<ISchedulerGrain>(0).Retire(silo.SiloAddress.ToParsableString()))
            {
                return false;
            }
            await _stop.CancelAsync();
            return true;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
        _prompt.Dispose();
        _turn.Dispose();
    }

    private async Task AnnounceAsync()
    {
        await _turn.WaitAsync();
        try
        {
            if (_stop.IsCancellationRequested)
            {
                return;
            }
            var (scheduler, address) = (grains.GetGrain<ISchedulerGrain>(0), silo.SiloAddress.ToParsableString());
            ImmutableArray<SlotAnnouncement> slots = [.. options.Value.Slots.Select(slot => slot with { Models = models.Names })];
            await (quarantine.Look() is { } why ? scheduler.Withhold(address, slots, why) : scheduler.Announce(address, slots));
        }
        finally
        {
            _turn.Release();
        }
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
                    await AnnounceAsync();
                }
                catch (Exception e)
                {
                    LogFailed(e);
                    await Task.Delay(s_again, options.Value.Clock, _stop.Token);
                    continue;
                }

                await await Task.WhenAny(tick, prompt);
                if (tick.IsCompleted)
                {
                    tick = timer.WaitForNextTickAsync(_stop.Token).AsTask();
                }
                if (prompt.IsCompleted)
                {
                    prompt = _prompt.WaitAsync(_stop.Token);
                }
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
