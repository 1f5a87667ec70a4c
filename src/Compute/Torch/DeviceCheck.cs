using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Loads libtorch, computes a small thing on a device, and looks at the result: what a silo's machine must be able to do before it trains again.
/// </summary>
public static class DeviceCheck
{
    private const int Side = 64;

    /// <summary>Checks.</summary>
    /// <param name="deviceName">"cpu" or "cuda:N".</param>
    /// <exception cref="ArithmeticException">The result is wrong.</exception>
    /// <exception cref="System.Runtime.InteropServices.ExternalException">The device or its memory is not to be had.</exception>
    public static void Run(string deviceName)
    {
        TorchRuntime.Initialise();
        using var scope = NewDisposeScope();
        using var mode = inference_mode();
        var a = ones([Side, Side], ScalarType.Float32, device(deviceName));
        var sum = mm(a, a).sum().item<float>();
        const float Expected = (float)Side * Side * Side;
        if (sum != Expected)
        {
            throw new ArithmeticException(FormattableString.Invariant($"a product of matrices on {deviceName} sums up to {sum} instead of {Expected}"));
        }
    }
}
