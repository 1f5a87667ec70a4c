using System.Runtime.InteropServices;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Memory of CUDA devices. TorchSharp shows none of libtorch's allocator statistics, so this asks the CUDA runtime that libtorch has loaded already
/// (cudaMemGetInfo): free and total of the whole device, whoever uses it. Without such a library, as in every build for the processor, nothing is known.
/// </summary>
public static unsafe class CudaMemory
{
    private const int Success = 0;
    private static readonly Lock s_gate = new();
    private static nint s_runtime;

    /// <summary>What a device has.</summary>
    /// <param name="index">The device's number, from 0.</param>
    /// <returns>Free and total bytes; null if not known.</returns>
    public static (long Free, long Total)? Read(int index)
    {
        lock (s_gate)
        {
            if (
                Runtime() is not { } runtime
                || !NativeLibrary.TryGetExport(runtime, "cudaGetDevice", out var get)
                || !NativeLibrary.TryGetExport(runtime, "cudaSetDevice", out var set)
                || !NativeLibrary.TryGetExport(runtime, "cudaMemGetInfo", out var info)
            )
            {
                return null;
            }

            int before;
            nuint free = 0,
                total = 0;
            if (((delegate* unmanaged<int*, int>)get)(&before) != Success || ((delegate* unmanaged<int, int>)set)(index) != Success)
            {
                return null;
            }

            var result = ((delegate* unmanaged<nuint*, nuint*, int>)info)(&free, &total);

            // The device is a setting of the thread, which may be an engine's.
            _ = ((delegate* unmanaged<int, int>)set)(before);
            return result == Success ? ((long)free, (long)total) : null;
        }
    }

    /// <summary>The runtime that is in this process: packages give the file names of their own, and a second copy would have a state of its own.</summary>
    private static nint? Runtime()
    {
        if (s_runtime != 0)
        {
            return s_runtime;
        }

        const string Maps = "/proc/self/maps";
        var file = File.Exists(Maps)
            ? File.ReadLines(Maps)
                .Select(line => line[(line.IndexOf('/', StringComparison.Ordinal) is >= 0 and var path ? path : line.Length)..])
                .FirstOrDefault(path => Path.GetFileName(path).StartsWith("libcudart", StringComparison.Ordinal))
            : null;
        return file is not null && NativeLibrary.TryLoad(file, out s_runtime) ? s_runtime : null;
    }
}
