using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Threads;

/// <summary>
/// A job's share of the processors, held by the thread that computes it: as many threads an operation as its work is worth, as the other jobs of this process leave, and as other programs
/// leave. It is looked at again between steps, since jobs come and go.
/// </summary>
public sealed class ThreadShare : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<ThreadShare> Active = [];

    [ThreadStatic]
    private static ThreadShare? t_current;

    private readonly ThreadShare? _outer;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private readonly int _useful;

    private ThreadShare(double work)
    {
        _outer = t_current;
        _useful = ThreadDivision.Useful(work, TorchThreads.Most);
    }

    /// <summary>Threads of an operation, as they were set last.</summary>
    public int Threads { get; private set; }

    /// <summary>Takes a share for what the calling thread computes until it is disposed of. A share within another one stands in for it.</summary>
    /// <param name="work">Floating point operations of a typical operation of the processor's (<see cref="OperationWork"/>); 0 where a GPU does the work.</param>
    /// <returns>The share.</returns>
    public static ThreadShare Take(double work)
    {
        TorchRuntime.Initialise();
        var share = new ThreadShare(work);
        lock (Gate)
        {
            if (share._outer is { } outer)
            {
                Active.Remove(outer);
            }

            Active.Add(share);
        }

        t_current = share;
        share.Adapt();
        return share;
    }

    /// <summary>Has the calling thread's share, if it holds one, look again at what is free; between two steps.</summary>
    public static void AdaptCurrent() => t_current?.Adapt();

    /// <summary>Looks again at what is free; between two steps, on the thread that took the share.</summary>
    /// <exception cref="InvalidOperationException">Another thread calls: the number is a thread's own.</exception>
    public void Adapt()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            throw new InvalidOperationException("A share of the processors belongs to the thread that took it.");
        }

        var threads = TorchThreads.Fixed ?? Divided();
        if (threads != Threads)
        {
            Threads = threads;
            OpenMp.SetThreads(threads);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (Gate)
        {
            if (!Active.Remove(this))
            {
                return;
            }

            if (_outer is not null)
            {
                Active.Add(_outer);
            }
        }

        if (Environment.CurrentManagedThreadId == _thread)
        {
            t_current = _outer;
            OpenMp.SetThreads(_outer?.Threads ?? TorchThreads.Most);
        }
    }

    private int Divided()
    {
        var free = TorchThreads.Free();
        lock (Gate)
        {
            return ThreadDivision.Divide(free, [.. Active.Select(share => share._useful)])[Active.IndexOf(this)];
        }
    }
}
