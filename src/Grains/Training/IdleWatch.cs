using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Common;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Training;

/// <summary>Has a silo leave whose slots nobody has used for long and nobody waits for: its machine is paid by the minute.</summary>
internal sealed partial class IdleWatch(
    TrainingHost host,
    SlotAnnouncer announcer,
    Departure departure,
    IOptions<OneShotGrainsOptions> options,
    ILogger<IdleWatch> logger
) : IDisposable
{
    private const int LooksInLimit = 10;

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Begins to watch, if this silo is to end when it is idle and has slots.</summary>
    public void Start()
    {
        if (options.Value.ExitWhenIdle is { } limit && !options.Value.Slots.IsEmpty)
        {
            Task.Run(() => WatchAsync(limit)).Ignore();
        }
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task WatchAsync(TimeSpan limit)
    {
        var clock = options.Value.Clock;
        using var timer = new PeriodicTimer(limit / LooksInLimit, clock);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            if (host.IdleSince is not { } since || clock.GetElapsedTime(since) < limit)
            {
                continue;
            }
            try
            {
                if (await announcer.RetireAsync())
                {
                    departure.Ask($"It had nothing to do for {Wording.Duration(limit)}, and no job waits for its slots");
                    return;
                }
            }
            catch (Exception e)
            {
                // It stays, and asks again.
                LogNotRetired(e);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The scheduler could not be told that this silo is idle")]
    private partial void LogNotRetired(Exception error);
}
