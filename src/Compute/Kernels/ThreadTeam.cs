using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OrleansOneShot.Compute.Threads;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// Runs parts of a kernel on libtorch's own OpenMP threads, so that there is one team of them and not two that take the processors from each other (measured on
/// two cores, with threads that spin: a kernel that follows a product takes 1.5 times as long on the thread pool). Where there is no GNU OpenMP, the thread
/// pool does it.
/// </summary>
internal static unsafe class ThreadTeam
{
    /// <summary>Calls <paramref name="work"/> with 0 to <paramref name="parts"/> less one and returns when all are done.</summary>
    /// <param name="threads">Threads to use, 1 or more.</param>
    /// <param name="parts">Number of parts, 1 or more.</param>
    /// <param name="work">Does one part; its first exception is thrown on.</param>
    public static void Run(int threads, int parts, Action<int> work)
    {
        if (OpenMp.Parallel is null)
        {
            Parallel.For(0, parts, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
            return;
        }

        var job = new Job(parts, work);
        var handle = GCHandle.Alloc(job);
        try
        {
            OpenMp.Parallel(&Enter, (void*)GCHandle.ToIntPtr(handle), (uint)Math.Min(threads, parts), 0);
        }
        finally
        {
            handle.Free();
        }

        job.Failure?.Throw();
    }

    [UnmanagedCallersOnly]
    private static void Enter(void* handle) => ((Job)GCHandle.FromIntPtr((nint)handle).Target!).Work();

    /// <summary>The parts of one call. Whichever thread is free takes the next.</summary>
    private sealed class Job(int parts, Action<int> work)
    {
        private int _next = -1;
        private ExceptionDispatchInfo? _failure;

        public ExceptionDispatchInfo? Failure => _failure;

        public void Work()
        {
            for (var part = Interlocked.Increment(ref _next); part < parts; part = Interlocked.Increment(ref _next))
            {
                try
                {
                    work(part);
                }
                catch (Exception e)
                {
                    // Nothing may leave through native frames.
                    Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
                }
            }
        }
    }
}
