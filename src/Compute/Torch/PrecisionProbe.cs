using System.Diagnostics;
using OrleansOneShot.Compute.Models.UNet;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Measures whether float32 or bfloat16 is faster for a model on this machine: one convolution, one attention and one feed-forward of each level of the UNet, forward and backward at
/// the sizes that training has. Takes well under a second for small models and a few for Stable Diffusion.
/// </summary>
public static class PrecisionProbe
{
    private const int SmallChannels = 256;

    /// <summary>Measures both.</summary>
    /// <param name="config">The UNet's configuration.</param>
    /// <param name="latentSide">Side of the latents in training.</param>
    /// <param name="device">Where to.</param>
    /// <returns>Seconds of the probe in each type.</returns>
    public static PrecisionTimes Measure(UNetConfig config, int latentSide, Device device) =>
        new(Best(config, latentSide, device, ScalarType.Float32), Best(config, latentSide, device, ScalarType.BFloat16), config.BlockOutChannels.Max() < SmallChannels);

    private static double Best(UNetConfig config, int latentSide, Device device, ScalarType type)
    {
        var best = double.MaxValue;
        for (var run = 0; run < 3; run++)
        {
            var clock = Stopwatch.StartNew();
            Work(config, latentSide, device, type);
            best = Math.Min(best, clock.Elapsed.TotalSeconds);
        }

        return best;
    }

    private static void Work(UNetConfig config, int latentSide, Device device, ScalarType type)
    {
        var side = latentSide;
        foreach (var width in config.BlockOutChannels)
        {
            using var scope = NewDisposeScope();
            long channels = width;
            var input = zeros([1, channels, side, side], type, device, requires_grad: true);
            var kernel = zeros([channels, channels, 3, 3], type, device);
            var tokens = nn.functional.conv2d(input, kernel, padding: [1, 1]).flatten(2).transpose(1, 2).contiguous(); // (1, N, C)
            var heads = tokens.view(1, -1, 8, channels / 8).transpose(1, 2); // (1, 8, N, d)
            var attended = nn.functional.scaled_dot_product_attention(heads, heads, heads).transpose(1, 2).reshape(1, -1, channels);
            var wide = nn.functional.linear(attended, zeros([8 * channels, channels], type, device));
            var result = nn.functional.linear(nn.functional.gelu(wide), zeros([channels, 8 * channels], type, device));
            result.sum().backward();
            _ = input.grad!.sum().to(ScalarType.Float32).item<float>();
            side = Math.Max(1, side / 2);
        }
    }
}
