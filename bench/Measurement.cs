using System.Diagnostics;
using System.Globalization;
using static TorchSharp.torch;

namespace OrleansOneShot.Bench;

/// <summary>Clock, matrix product and memory.</summary>
internal static class Measurement
{
    private const int Repetitions = 3;
    private const int GemmSize = 2048;
    private const int GemmRepetitions = 10;

    /// <summary>Median seconds of three runs after one that does not count.</summary>
    /// <param name="run">The run.</param>
    /// <param name="device">Where it computes: a GPU is waited for.</param>
    public static double MedianSeconds(Action run, Device? device = null)
    {
        if (device is { type: TorchSharp.DeviceType.CUDA })
        {
            var once = run;
            run = () =>
            {
                once();
                cuda.synchronize(device);
            };
        }

        run();
        var seconds = new double[Repetitions];
        for (var i = 0; i < Repetitions; i++)
        {
            seconds[i] = Seconds(run);
        }

        Array.Sort(seconds);
        return seconds[Repetitions / 2];
    }

    /// <summary>
    /// Speed of a product of two 2048 x 2048 matrices in 10^9 operations a second, multiplications and additions counted apart: the best of 10.
    /// </summary>
    public static double GemmGflops(ScalarType type, Device? device = null)
    {
        using var scope = NewDisposeScope();
        using var guard = no_grad();
        Tensor a = randn(GemmSize, GemmSize).to(type, device ?? CPU),
            b = randn(GemmSize, GemmSize).to(type, device ?? CPU);
        var best = Enumerable
            .Range(0, GemmRepetitions)
            .Min(_ =>
                Seconds(() =>
                {
                    mm(a, b).Dispose();
                    if (device is { type: TorchSharp.DeviceType.CUDA })
                    {
                        cuda.synchronize(device);
                    }
                })
            );
        return 2 * Math.Pow(GemmSize, 3) / best / 1e9;
    }

    /// <summary>Peak resident memory of this process in GiB (Linux: VmHWM).</summary>
    public static double PeakGb()
    {
        const string Field = "VmHWM:";
        if (!OperatingSystem.IsLinux())
        {
            return Process.GetCurrentProcess().PeakWorkingSet64 / Math.Pow(1024, 3);
        }

        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith(Field, StringComparison.Ordinal));
        var kibibytes = double.Parse(line[Field.Length..].Replace("kB", string.Empty, StringComparison.Ordinal), CultureInfo.InvariantCulture);
        return kibibytes / (1024 * 1024);
    }

    private static double Seconds(Action run)
    {
        var start = Stopwatch.GetTimestamp();
        run();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
