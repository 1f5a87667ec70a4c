using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>What the kernels ask of tensors, and how work is shared between threads.</summary>
internal static unsafe class CpuTensor
{
    // What a span of bytes can address.
    private const long MaximumBytes = int.MaxValue;

    /// <summary>Whether a kernel can work on a tensor: dense float32 or bfloat16 in the CPU's memory, on a machine with vectors of at least 256 bits.</summary>
    public static bool Accepts(Tensor tensor) =>
        Vector256.IsHardwareAccelerated
        && tensor.device_type == TorchSharp.DeviceType.CPU
        && tensor.dtype is ScalarType.Float32 or ScalarType.BFloat16
        && tensor.numel() is > 0 and < MaximumBytes / 4
        && tensor.is_contiguous();

    /// <summary>The first element. The memory is libtorch's and does not move; the tensor must outlive the use.</summary>
    public static nint Address(Tensor tensor)
    {
        fixed (byte* start = tensor.bytes)
        {
            return (nint)start;
        }
    }

    /// <summary>Calls <paramref name="work"/> with ranges that cover 0 to <paramref name="count"/>, on as many threads as libtorch uses.</summary>
    /// <param name="count">Number of items.</param>
    /// <param name="atLeast">Fewest items that are worth a thread.</param>
    /// <param name="work">Gets the first item and the one after the last.</param>
    /// <param name="partsPerThread">More than one lets a thread that is held up do fewer of the parts.</param>
    public static void Share(long count, long atLeast, Action<long, long> work, int partsPerThread = 1)
    {
        var threads = get_num_threads();
        var parts = (int)Math.Clamp(count / atLeast, 1, threads * partsPerThread);
        if (parts == 1 || threads == 1)
        {
            work(0, count);
            return;
        }

        ThreadTeam.Run(threads, parts, part => work(count * part / parts, count * (part + 1) / parts));
    }
}
