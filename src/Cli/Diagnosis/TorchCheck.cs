using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>libtorch: whether it loads, its threads and devices, and how fast it multiplies.</summary>
internal static class TorchCheck
{
    private const int Side = 1024;
    private const int Runs = 5;

    /// <summary>All checks; without the library only the first.</summary>
    /// <returns>The checks.</returns>
    public static IEnumerable<CheckDocument> All()
    {
        var loads = Check.Run("libtorch", () =>
        {
            TorchRuntime.Initialise();
            return $"{__version__}, {get_num_threads()} threads an operation";
        });
        yield return loads;
        if (!loads.Ok)
        {
            yield break;
        }

        yield return Check.Run("gpu", () => cuda.is_available() ? $"{cuda.device_count()} CUDA devices" : "none; the processor works alone");
        yield return Check.Run("fp32", () => Multiply(ScalarType.Float32));
        yield return Check.Run("bf16", () => Multiply(ScalarType.BFloat16));
    }

    private static string Multiply(ScalarType type)
    {
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var a = ones([Side, Side], dtype: type);
        var best = TimeSpan.MaxValue;
        for (var run = 0; run <= Runs; run++)
        {
            var clock = Stopwatch.StartNew();
            mm(a, a).Dispose();
            if (run > 0 && clock.Elapsed < best)
            {
                best = clock.Elapsed;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{2.0 * Side * Side * Side / best.TotalSeconds / 1e9:0} GFLOPS in matrices of {Side} x {Side}");
    }
}
