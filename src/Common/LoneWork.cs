namespace OrleansOneShot.Common;

/// <summary>
/// Work that can't be stopped from outside: a native call, or opening a pipe that nobody writes to. It runs on a thread of its own and is waited for no longer
/// than the caller wants; then it is left to itself, and whoever ends the process should not wait for it (<see cref="IsAnyLeft"/>).
/// </summary>
public static class LoneWork
{
    // What heeds the token by itself ends within this, and tidies up after itself.
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(500);
    private static int s_left;

    /// <summary>Whether work that nobody waits for any more still runs.</summary>
    public static bool IsAnyLeft => Volatile.Read(ref s_left) > 0;

    /// <summary>Runs work.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">The work.</param>
    /// <param name="limit">How long it is waited for; <see cref="Timeout.InfiniteTimeSpan"/> for as long as it takes.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What it gave.</returns>
    /// <exception cref="TimeoutException">It took longer.</exception>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public static async Task<T> RunAsync<T>(Func<T> work, TimeSpan limit, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(work);
        cancellationToken.ThrowIfCancellationRequested();
        var running = Task.Factory.StartNew(
            work,
            CancellationToken.None,
            TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
            TaskScheduler.Default
        );
        try
        {
            return await running.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or TimeoutException && !running.IsCompleted)
        {
            await Task.WhenAny(running, Task.Delay(s_grace, CancellationToken.None)).ConfigureAwait(false);
            Leave(running);
            throw;
        }
    }

    /// <summary>Runs work for as long as it takes, or until it is to end.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="work">The work.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What it gave.</returns>
    /// <exception cref="OperationCanceledException">The waiting was ended.</exception>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken) => RunAsync(work, Timeout.InfiniteTimeSpan, cancellationToken);

    private static void Leave(Task running)
    {
        Interlocked.Increment(ref s_left);
        running.ContinueWith(
            ended =>
            {
                _ = ended.Exception; // Nobody is there to be told.
                Interlocked.Decrement(ref s_left);
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default
        );
    }
}
