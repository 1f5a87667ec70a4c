using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.TestKit.Models;

/// <summary>
/// Where the goldens of models, LoRA and method are computed: the processor, or the device of ONESHOT_TEST_DEVICE. A GPU gets no TF32, whose products keep 10
/// bits, and ten times the tolerance in float32: it adds up in another order, and its exponential and its roots are others.
/// </summary>
public static class TestDevice
{
    private const double GpuFactor = 10;

    /// <summary>The device's name, "cpu" or "cuda:N".</summary>
    public static string Name { get; } = Environment.GetEnvironmentVariable("ONESHOT_TEST_DEVICE") is { Length: > 0 } name ? TorchDevices.Resolve(name) : "cpu";

    /// <summary>The device.</summary>
    public static Device Device { get; } = Create();

    /// <summary>What a tolerance of the processor is on this device.</summary>
    /// <param name="tolerance">The processor's.</param>
    public static double Tolerance(double tolerance) => Name == "cpu" ? tolerance : tolerance * GpuFactor;

    private static Device Create()
    {
        if (Name != "cpu")
        {
            backends.cuda.matmul.allow_tf32 = false;
            backends.cudnn.allow_tf32 = false;
        }

        return device(Name);
    }
}
