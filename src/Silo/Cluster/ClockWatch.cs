using System.Globalization;
using Microsoft.Extensions.Logging;
using OrleansOneShot.Documents.Errors;

namespace OrleansOneShot.Silo.Cluster;

/// <summary>
/// Sees when this machine's clock is set back. Orleans' timers go by it: one that was to fire in a second then sleeps for as long as the clock was set back, so
/// the silo reads no membership and declares no dead silo dead, and if it is the only one left, none can join. Such a silo ends, and a new one takes its place.
/// A clock that is set ahead makes those timers fire at once and harms nothing.
/// </summary>
internal sealed partial class ClockWatch : IAsyncDisposable
{
    /// <summary>How often it looks.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly TimeProvider _clock;
    private readonly TaskCompletionSource<ErrorDetail> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looks;

    /// <summary>Begins.</summary>
    /// <param name="clock">This machine's clocks: the one that can be set, and the one that measures durations.</param>
    /// <param name="logger">Log.</param>
    public ClockWatch(TimeProvider clock, ILogger<ClockWatch> logger)
    {
        _clock = clock;
        _looks = LookAsync(logger);
    }

    /// <summary>Ends when the clock was set back by more than <see cref="ClockCheck.Most"/>, with what to say then.</summary>
    public Task<ErrorDetail> Told => _told.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looks.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task LookAsync(ILogger logger)
    {
        var (now, timestamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
        using var timer = new PeriodicTimer(Period, _clock);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            var (lastNow, lastTimestamp) = (now, timestamp);
            (now, timestamp) = (_clock.GetUtcNow(), _clock.GetTimestamp());
            var back = lastNow + _clock.GetElapsedTime(lastTimestamp, timestamp) - now;
            if (back > ClockCheck.Most)
            {
                var error = Explain(back);
                LogSetBack(logger, error.Message);
                _told.TrySetResult(error);
                return;
            }
        }
    }

    private static ErrorDetail Explain(TimeSpan back) =>
        new(
            ErrorCodes.Unavailable,
            string.Create(
                CultureInfo.InvariantCulture,
                $"The clock of this machine was set back by {back.TotalSeconds:0} s while the silo ran, so the silo ends; its jobs go on elsewhere, or here "
                    + $"when it runs again."
            ),
            "clock",
            "Start it again. A time service that slews the clock instead of setting it (timedatectl set-ntp true) keeps this from happening."
        );

    [LoggerMessage(Level = LogLevel.Critical, Message = "{What}")]
    private static partial void LogSetBack(ILogger logger, string what);
}
