using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Kernels;

/// <summary>
/// oneDNN's small matrix product for one thread (a batch-reduce GEMM with a batch of one), as libtorch exports it for its own attention: on tiles that fit the
/// cache it runs at the speed of the largest products, in bfloat16 with sums in float32, and in float32 a quarter faster than MKL on AMD. libtorch's attention
/// uses it on machines with AMX alone.
/// </summary>
/// <remarks>
/// The names of the functions are C++ names and hold their signatures: where a libtorch has others they are not found, and <see cref="IsSupported"/> is false.
/// B's layout: in float32 (K, N) row by row; in bfloat16 pairs of rows are interleaved, (K / 2, N, 2).
/// </remarks>
internal static unsafe class Brgemm
{
    private const string Library = "libtorch_cpu.so";
    private const string SingleName = "_ZN2at6native7cpublas6brgemmEllllllbPKfS3_Pfb";
    private const string HalfName = "_ZN2at6native7cpublas6brgemmEllllllbPKN3c108BFloat16ES5_Pfb";
    private const string ReleaseName = "_ZN2at6native7cpublas14brgemm_releaseEb";

    private static readonly Functions s_found = Find();

    /// <summary>Whether products of this type can be computed here, and with instructions of their own.</summary>
    public static bool IsSupported(ScalarType type) =>
        type switch
        {
            ScalarType.Float32 => s_found.Single is not null,
            ScalarType.BFloat16 => s_found.Half is not null,
            _ => false,
        };

    /// <summary>C (m, n) = A (m, k) B (k, n), or C += A B.</summary>
    /// <typeparam name="T">float, or ushort for bfloat16 (then k must be even).</typeparam>
    public static void Multiply<T>(long m, long n, long k, T* a, long strideA, T* b, long strideB, float* c, long strideC, bool add)
        where T : unmanaged
    {
        if (typeof(T) == typeof(float))
        {
            s_found.Single(m, n, k, strideA, strideB, strideC, add ? (byte)1 : (byte)0, (float*)a, (float*)b, c, 0);
        }
        else
        {
            s_found.Half(m, n, k, strideA, strideB, strideC, add ? (byte)1 : (byte)0, (ushort*)a, (ushort*)b, c, 1);
        }
    }

    /// <summary>Ends a thread's series of products: on machines with AMX the tile registers go back.</summary>
    public static void Release<T>()
        where T : unmanaged
    {
        if (s_found.Release is not null)
        {
            s_found.Release(typeof(T) == typeof(float) ? (byte)0 : (byte)1);
        }
    }

    private static Functions Find()
    {
        var functions = default(Functions);
        if (!OperatingSystem.IsLinux() || !Avx512BW.IsSupported || !NativeLibrary.TryLoad(Library, out var library))
        {
            return functions;
        }

        if (NativeLibrary.TryGetExport(library, ReleaseName, out var release))
        {
            functions.Release = (delegate* unmanaged<byte, void>)release;
        }

        if (NativeLibrary.TryGetExport(library, SingleName, out var single))
        {
            functions.Single = (delegate* unmanaged<long, long, long, long, long, long, byte, float*, float*, float*, byte, void>)single;
        }

        if (HasBfloat16Instructions() && NativeLibrary.TryGetExport(library, HalfName, out var half))
        {
            functions.Half = (delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void>)half;
        }

        return functions;
    }

    // CPUID leaf 7, subleaf 1, EAX bit 5: AVX512_BF16.
    private static bool HasBfloat16Instructions() => X86Base.CpuId(7, 0).Eax >= 1 && (X86Base.CpuId(7, 1).Eax & (1 << 5)) != 0;

    private struct Functions
    {
        public delegate* unmanaged<long, long, long, long, long, long, byte, float*, float*, float*, byte, void> Single;
        public delegate* unmanaged<long, long, long, long, long, long, byte, ushort*, ushort*, float*, byte, void> Half;
        public delegate* unmanaged<byte, void> Release;
    }
}
