using System.Diagnostics;
using System.Globalization;
using OrleansOneShot.Cli.Output;
using OrleansOneShot.Compute.Libtorch;
using OrleansOneShot.Compute.Threads;
using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Cli.Diagnosis;

/// <summary>libtorch: whether it loads, its threads and devices, and how fast it multiplies.</summary>
internal static class TorchCheck
{
    private const int Side = 1024;
    private const int Runs = 5;

    /// <summary>All checks; without the library only the first.</summary>
    /// <param name="findPyTorch">Whether to ask Python for its own.</param>
    /// <returns>The checks.</returns>
    public static IEnumerable<CheckDocument> All(bool findPyTorch = false)
    {
        if (findPyTorch)
        {
            yield return Check.Run("pytorch", () => Describe(InstalledPyTorch.Find()));
        }

        var loads = Check.Run("libtorch", Load);
        yield return loads;
        if (!loads.Ok)
        {
            yield break;
        }

        yield return Check.Run("threads", TorchThreads.Describe);
        yield return Check.Run("gpu", () => cuda.is_available() ? $"{cuda.device_count()} CUDA devices" : "none; the processor works alone");
        yield return Check.Run("fp32", () => Multiply(ScalarType.Float32));
        yield return Check.Run("bf16", () => Multiply(ScalarType.BFloat16));
    }

    private static string Load()
    {
        TorchRuntime.Initialise();
        var loaded = TorchRuntime.Libtorch!;
        var source = Environment.GetEnvironmentVariable(LibtorchFolder.Variable) is { Length: > 0 }
            ? LibtorchFolder.Variable
            : $"the program's own; {LibtorchFolder.Variable}=DIR takes an installed PyTorch's";
        return $"{loaded.Version ?? "of unknown version"} in {loaded.Path} ({source})";
    }

    private static string Describe(LibtorchFolder found) =>
        $"{found.Version ?? "of unknown version"}{(found.HasCuda ? ", for GPUs" : "")}; to use it: {LibtorchFolder.Variable}={found.Path}";

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
