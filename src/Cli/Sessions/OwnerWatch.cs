using OrleansOneShot.Silo.Embedded;
using OrleansOneShot.Storage;

namespace OrleansOneShot.Cli.Sessions;

/// <summary>
/// Looks again and again whether another process still owns a data folder, since a call to one that was killed is not refused but only times out.
/// </summary>
internal sealed class OwnerWatch : IAsyncDisposable
{
    private static readonly TimeSpan s_period = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource _gone = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    /// <summary>Begins.</summary>
    /// <param name="data">The data folder.</param>
    /// <param name="owner">The owner.</param>
    public OwnerWatch(DataFolder data, OwnerRecord owner)
    {
        Gone = _gone.Token;
        _looking = Task.Run(() => LookAsync(data, owner));
    }

    /// <summary>Cancelled once the owner takes no more calls, or is gone.</summary>
    public CancellationToken Gone { get; }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        _stop.Dispose();
        _gone.Dispose();
    }

    private async Task LookAsync(DataFolder data, OwnerRecord owner)
    {
        using var timer = new PeriodicTimer(s_period);
        try
        {
            while (OwnerLock.IsOpen(data, owner))
            {
                await timer.WaitForNextTickAsync(_stop.Token);
            }

            await _gone.CancelAsync();
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or UnauthorizedAccessException)
        {
            // Closed; or the folder can't be read any more, and then calls tell.
        }
    }
}
