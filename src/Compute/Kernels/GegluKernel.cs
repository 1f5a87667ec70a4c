using System.Runtime.Intrinsics;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// The first half of a row times the exact GELU of the second, and its gradient, each in one pass over dense memory. libtorch takes six passes for both.
/// </summary>
internal static unsafe class GegluKernel
{
    private const long SerialElements = 32 * 1024;

    /// <summary>Whether the kernel takes rows of this length: halves of whole vectors.</summary>
    public static bool AcceptsRow(long length) => length % (2 * Lanes.Count) == 0;

    /// <summary>x (..., 2 n) -> target (..., n).</summary>
    public static void Forward(Tensor x, Tensor target)
    {
        var half = x.shape[^1] / 2;
        nint source = CpuTensor.Address(x),
            result = CpuTensor.Address(target);
        var isSingle = x.dtype == ScalarType.Float32;
        CpuTensor.Share(
            x.numel() / (2 * half),
            SerialElements / half + 1,
            (from, to) =>
            {
                if (isSingle)
                {
                    ForwardRows((float*)source, (float*)result, half, from, to);
                }
                else
                {
                    ForwardRows((ushort*)source, (ushort*)result, half, from, to);
                }
            }
        );
    }

    /// <summary>x (..., 2 n) and the gradient (..., n) of the result -> target (..., 2 n), the gradient of x.</summary>
    public static void Backward(Tensor x, Tensor gradient, Tensor target)
    {
        var half = x.shape[^1] / 2;
        nint source = CpuTensor.Address(x),
            incoming = CpuTensor.Address(gradient),
            result = CpuTensor.Address(target);
        var isSingle = x.dtype == ScalarType.Float32;
        CpuTensor.Share(
            x.numel() / (2 * half),
            SerialElements / half + 1,
            (from, to) =>
            {
                if (isSingle)
                {
                    BackwardRows((float*)source, (float*)incoming, (float*)result, half, from, to);
                }
                else
                {
                    BackwardRows((ushort*)source, (ushort*)incoming, (ushort*)result, half, from, to);
                }
            }
        );
    }

    private static void ForwardRows<T>(T* x, T* target, long half, long from, long to)
        where T : unmanaged
    {
        for (var row = from; row < to; row++)
        {
            T* value = x + (row * 2 * half),
                gate = value + half,
                result = target + (row * half);
            for (var i = 0L; i < half; i += Lanes.Count)
            {
                var g = Lanes.Load(gate + i);
                Lanes.Store(Lanes.Load(value + i) * g * Lanes.Normal(g).Cumulative, result + i);
            }
        }
    }

    private static void BackwardRows<T>(T* x, T* gradient, T* target, long half, long from, long to)
        where T : unmanaged
    {
        for (var row = from; row < to; row++)
        {
            T* value = x + (row * 2 * half),
                gate = value + half,
                incoming = gradient + (row * half),
                result = target + (row * 2 * half);
            for (var i = 0L; i < half; i += Lanes.Count)
            {
                Vector512<float> g = Lanes.Load(gate + i),
                    d = Lanes.Load(incoming + i);
                var (cumulative, density) = Lanes.Normal(g);
                Lanes.Store(d * g * cumulative, result + i);
                Lanes.Store(d * Lanes.Load(value + i) * Vector512.FusedMultiplyAdd(g, density, cumulative), result + half + i);
            }
        }
    }
}
