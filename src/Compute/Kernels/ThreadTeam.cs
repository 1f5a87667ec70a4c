using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// Runs parts of a kernel on libtorch's own OpenMP threads. Those keep spinning for a while after each of libtorch's operations and would take the processors from any other thread that
/// helped (measured on two cores: a kernel that follows a product takes 1.5 times as long on the thread pool). Where there is no GNU OpenMP, the thread pool does it.
/// </summary>
internal static unsafe class ThreadTeam
{
    private static readonly Functions OpenMp = Find();

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

    // libgomp's file name has a hash in libtorch's package; its functions are found through the library that needs it.
    private static Functions Find()
    {
        var functions = default(Functions);
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libtorch_cpu.so", out var library) && NativeLibrary.TryGetExport(library, "GOMP_parallel", out var parallel))
        {
            functions.Parallel = (delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void>)parallel;
        }

        return functions;
    }

    private struct Functions
    {
        public delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel;
    }

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
