using OrleansOneShot.Compute.Torch;

namespace OrleansOneShot.Compute.Threads;

/// <summary>
/// A job's share of the processors, held by the thread that computes it: as many threads an operation as its work is worth, of the part that a slot of this
/// process has.
/// </summary>
public sealed class ThreadShare : IDisposable
{
    [ThreadStatic]
    private static ThreadShare? s_current;

    private readonly ThreadShare? _outer = s_current;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private bool _isOver;

    private ThreadShare(int threads) => Threads = threads;

    /// <summary>Threads of an operation.</summary>
    public int Threads { get; }

    /// <summary>Takes a share for what the calling thread computes until it is disposed of. A share within another one stands in for it.</summary>
    /// <param name="work">
    /// Floating point operations of a typical operation of the processor's (<see cref="OperationWork"/>); 0 where a GPU does the work.
    /// </param>
    /// <returns>The share.</returns>
    public static ThreadShare Take(double work)
    {
        TorchRuntime.Initialise();
        var share = new ThreadShare(TorchThreads.Fixed ?? ThreadDivision.Of(work, TorchThreads.Most, TorchThreads.Slots));
        s_current = share;
        OpenMp.SetThreads(share.Threads);
        return share;
    }

    /// <summary>Gives the share back, on the thread that took it; on another one, whose number is its own, nothing is left to do.</summary>
    public void Dispose()
    {
        if (!_isOver && Environment.CurrentManagedThreadId == _thread)
        {
            _isOver = true;
            s_current = _outer;
            OpenMp.SetThreads(_outer?.Threads ?? TorchThreads.Most);
        }
    }
}
