using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Retention;

/// <summary>
/// Asks for a collection now and then. Every silo does, so it needs none of them in particular; the collector sees to it that one collection a period runs.
/// </summary>
internal sealed partial class CollectionClock(IGrainFactory grains, IOptions<OneShotGrainsOptions> options, ILogger<CollectionClock> logger)
    : ILifecycleParticipant<ISiloLifecycle>,
        IDisposable
{
    private const int QuestionsAPeriod = 24;

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(
            nameof(CollectionClock),
            ServiceLifecycleStage.Active + 1,
            _ =>
            {
                _loop = Task.Run(LoopAsync, CancellationToken.None);
                return Task.CompletedTask;
            },
            async _ =>
            {
                await _stop.CancelAsync();
                await _loop;
            }
        );

    public void Dispose() => _stop.Dispose();

    private async Task LoopAsync()
    {
        using var timer = new PeriodicTimer(options.Value.CollectionPeriod / QuestionsAPeriod, options.Value.Clock);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    await grains.GetGrain<ICollectorGrain>(0).CollectIfDue().WaitAsync(_stop.Token);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The collection failed; it is tried again with the next period")]
    private partial void LogFailed(Exception error);
}
