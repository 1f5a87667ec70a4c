using System.Runtime.InteropServices;
using OrleansOneShot.Compute.Libtorch;
using TorchSharp;

namespace OrleansOneShot.Compute.Threads;

/// <summary>The OpenMP that libtorch came with. Its file's name differs between builds; its functions are found through the library that needs it.</summary>
internal static unsafe class OpenMp
{
    private static readonly nint s_library = Find();

    /// <summary>GNU's entry into a parallel region (Intel's and LLVM's have it as well); null if there is none.</summary>
    public static readonly delegate* unmanaged<delegate* unmanaged<void*, void>, void*, uint, uint, void> Parallel = (delegate* unmanaged<
        delegate* unmanaged<void*, void>,
        void*,
        uint,
        uint,
        void>)Export("GOMP_parallel");

    private static readonly delegate* unmanaged<int, void> s_set = (delegate* unmanaged<int, void>)Export("omp_set_num_threads");

    /// <summary>
    /// Sets the threads of the operations that the calling thread begins, and of no other's: torch's own function would change those of MKL's products for the
    /// whole process.
    /// </summary>
    /// <param name="threads">1 or more.</param>
    public static void SetThreads(int threads)
    {
        // libtorch gives each thread its default at its first use, and would do it later otherwise.
        _ = torch.get_num_threads();
        if (s_set is null)
        {
            torch.set_num_threads(threads);
        }
        else
        {
            s_set(threads);
        }
    }

    private static nint Find() => OperatingSystem.IsLinux() && NativeLibrary.TryLoad(LibtorchFolder.Main, out var library) ? library : 0;

    private static void* Export(string name) => s_library != 0 && NativeLibrary.TryGetExport(s_library, name, out var address) ? (void*)address : null;
}
