using System.Diagnostics;
using OrleansOneShot.Common.Systems;

namespace OrleansOneShot.Storage.Files;

/// <summary>
/// Lets one writer at a time look at a log's length and append to it, also between processes. Sharing modes don't: on Unix two writers that let others read may
/// both be open. A few lock files serve all logs of a store; they stay, since a lock file that is deleted could be locked twice.
/// </summary>
/// <param name="root">The store's folder.</param>
/// <param name="mark">A character that no path has.</param>
internal sealed class AppendLock(string root, char mark)
{
    private const int Stripes = 16;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim[] _inProcess = [.. Enumerable.Range(0, Stripes).Select(_ => new SemaphoreSlim(1))];

    /// <summary>Runs with the lock of a log.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="path">The log.</param>
    /// <param name="append">What to do.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>What it gives.</returns>
    /// <exception cref="IOException">Somebody holds the lock for half a minute.</exception>
    public async Task<T> RunAsync<T>(string path, Func<Task<T>> append, CancellationToken cancellationToken)
    {
        var stripe = Stripe(path);
        await _inProcess[stripe].WaitAsync(cancellationToken);
        try
        {
            await using var held = await TakeAsync(Path.Combine(root, $"{mark}append-{stripe:x}.lock"), cancellationToken);
            return await append();
        }
        finally
        {
            _inProcess[stripe].Release();
        }
    }

    private static async Task<FileStream> TakeAsync(string file, CancellationToken cancellationToken)
    {
        var since = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 0);
            }
            catch (IOException e) when (FileErrors.IsHeld(e) && Stopwatch.GetElapsedTime(since) < s_patience)
            {
                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }

    // The same in every process, unlike string.GetHashCode.
    private static int Stripe(string path)
    {
        var hash = 2166136261u;
        foreach (var c in path)
        {
            hash = (hash ^ c) * 16777619u;
        }
        return (int)(hash % Stripes);
    }
}
