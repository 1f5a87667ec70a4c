using System.Diagnostics;
using OrleansOneShot.Compute.Models.UNet;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Torch;

/// <summary>
/// Measures whether float32 or bfloat16 is faster for a model on this machine: one convolution, one attention and one feed-forward of each level of the UNet,
/// forward and backward at the sizes that training has. Takes well under a second for small models and a few for Stable Diffusion.
/// </summary>
public static class PrecisionProbe
{
    private const int SmallChannels = 256;
    private const int Runs = 3;

    // Of the time that the process's threads ran: what they waited for a processor, which others had. And how much slower than the best run the second best may
    // be.
    private const double MostWaiting = 0.25;
    private const double MostSpread = 1.3;

    /// <summary>Measures both.</summary>
    /// <param name="config">The UNet's configuration.</param>
    /// <param name="latentSide">Side of the latents in training.</param>
    /// <param name="device">Where to.</param>
    /// <returns>Seconds of the probe in each type.</returns>
    public static PrecisionTimes Measure(UNetConfig config, int latentSide, Device device)
    {
        ArgumentNullException.ThrowIfNull(config);
        var before = ProcessorWait.Read();
        var (fp32, bf16) = (new double[Runs], new double[Runs]);
        for (var run = 0; run < Runs; run++)
        {
            // In turn, so that what disturbs one of them disturbs both.
            fp32[run] = Time(config, latentSide, device, ScalarType.Float32);
            bf16[run] = Time(config, latentSide, device, ScalarType.BFloat16);
        }

        var isSmall = config.BlockOutChannels.Max() < SmallChannels;
        var disturbed = ProcessorWait.Read().ShareSince(before) > MostWaiting || Spread(fp32) > MostSpread || Spread(bf16) > MostSpread;
        return new PrecisionTimes(fp32.Min(), bf16.Min(), isSmall) { UnderLoad = disturbed && !isSmall };
    }

    private static double Spread(double[] seconds) => seconds.Order().ElementAt(1) / seconds.Min();

    private static double Time(UNetConfig config, int latentSide, Device device, ScalarType type)
    {
        var clock = Stopwatch.StartNew();
        Work(config, latentSide, device, type);
        return clock.Elapsed.TotalSeconds;
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
