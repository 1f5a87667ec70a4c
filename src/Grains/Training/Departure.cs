using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using OrleansOneShot.Contracts.Grains;
using OrleansOneShot.Grains.Hosting;

namespace OrleansOneShot.Grains.Training;

/// <summary>Why and when a silo leaves although its process was not told to stop. Whoever runs the process waits for <see cref="Told"/> and stops it.</summary>
public interface IDeparture
{
    /// <summary>Ends when the silo is to leave, with the reason, as a sentence without its full stop.</summary>
    Task<string> Told { get; }

    /// <summary>The cluster is drained: offers no slots any more, stops the engines at a checkpoint, and leaves once no silo has a job.</summary>
    /// <param name="cancellationToken">Stops waiting for others.</param>
    /// <returns>When <see cref="Told"/> has ended.</returns>
    Task LeaveWithOthersAsync(CancellationToken cancellationToken = default);
}

/// <summary>See <see cref="IDeparture"/>.</summary>
internal sealed partial class Departure(
    TrainingHost host,
    SlotAnnouncer announcer,
    IGrainFactory grains,
    IOptions<OneShotGrainsOptions> options,
    ILogger<Departure> logger
) : IDeparture
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(500);

    private readonly TaskCompletionSource<string> _told = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Task<string> Told => _told.Task;

    /// <summary>The silo is to leave now; its stop gives its jobs back.</summary>
    /// <param name="why">Why, as a sentence without its full stop.</param>
    /// <returns>Whether anybody ends it then.</returns>
    public bool Ask(string why)
    {
        // An embedded silo is ended by the command that has started it, and by nobody else.
        if (!options.Value.RequeueOnStop)
        {
            return false;
        }
        if (_told.TrySetResult(why))
        {
            LogLeaves(why);
        }
        return true;
    }

    /// <inheritdoc/>
    public async Task LeaveWithOthersAsync(CancellationToken cancellationToken = default)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(options.Value.LongestDrain);
        try
        {
            // While all silos are still there: one whose silos go at the same moment finds no scheduler that would take its job back.
            await announcer.StopAsync();
            await host.StopAllAsync(options.Value.RequeueOnStop, limit.Token);
            while (!await AreAllIdleAsync())
            {
                await Task.Delay(s_look, limit.Token);
            }
        }
        catch (OperationCanceledException e)
        {
            // What is left resumes from its last checkpoint.
            LogNotIdle(e);
        }
        Ask("The cluster is drained for an upgrade");
    }

    private async Task<bool> AreAllIdleAsync()
    {
        try
        {
            return await grains.GetGrain<ISchedulerGrain>(0).GetDrain() is { Running: 0, Offering: 0 };
        }
        catch (Exception e)
        {
            // The scheduler may be moving.
            LogNotAsked(e);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Why}: this silo leaves")]
    private partial void LogLeaves(string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not all jobs of the cluster have stopped in time; this silo leaves all the same")]
    private partial void LogNotIdle(Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The scheduler could not be asked how far the cluster has drained")]
    private partial void LogNotAsked(Exception error);
}
