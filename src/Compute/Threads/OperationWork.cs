using OrleansOneShot.Compute.Models.Loading;
using OrleansOneShot.Compute.Models.UNet;
using OrleansOneShot.Compute.Torch;
using OrleansOneShot.Recipe;

namespace OrleansOneShot.Compute.Threads;

/// <summary>Work of a model's operations, by which it gets its threads.</summary>
public static class OperationWork
{
    private const int Taps = 3 * 3;

    // Reading a weight from memory takes as long as multiplying and adding this many numbers.
    private const int PointsOfWeight = 16;

    /// <summary>What a UNet's operations ask of the processor.</summary>
    /// <param name="device">"cpu" or "cuda:N"; a GPU leaves it nothing.</param>
    /// <param name="config">The UNet.</param>
    /// <param name="height">Height of the latents, 1 or more.</param>
    /// <param name="width">Width of the latents, 1 or more.</param>
    /// <param name="rows">Rows of a batch, 1 or more.</param>
    /// <returns>As <see cref="OfUNet(UNetConfig, long, long, long)"/>; 0 on a GPU.</returns>
    public static double OfUNet(string device, UNetConfig config, long height, long width, long rows) =>
        TorchDevices.IndexOf(device) is null ? OfUNet(config, height, width, rows) : 0;

    /// <summary>What training asks of the processor.</summary>
    /// <param name="folder">The base model.</param>
    /// <param name="options">Resolution and device.</param>
    /// <param name="terms">Terms of a pass, 1 or more.</param>
    /// <returns>As <see cref="OfUNet(UNetConfig, long, long, long)"/>.</returns>
    internal static double OfTraining(ModelFolder folder, ImplantationOptions options, long terms)
    {
        var side = Math.Max(1, options.Resolution / folder.Vae.Factor);
        return OfUNet(options.Device, folder.UNet, side, side, terms);
    }

    /// <summary>Floating point operations of a UNet's convolution, on average over its levels.</summary>
    /// <param name="config">The UNet.</param>
    /// <param name="height">Height of the latents, 1 or more.</param>
    /// <param name="width">Width of the latents, 1 or more.</param>
    /// <param name="rows">Rows of a batch, 1 or more.</param>
    /// <returns>6e9 for Stable Diffusion 1.5 at 512 x 512 pixels, 1e7 for a model of toys.</returns>
    public static double OfUNet(UNetConfig config, long height, long width, long rows)
    {
        ArgumentNullException.ThrowIfNull(config);
        var sum = 0.0;
        foreach (var channels in config.BlockOutChannels)
        {
            sum += 2.0 * Taps * channels * channels * (((double)rows * height * width) + PointsOfWeight);
            (height, width) = ((height + 1) / 2, (width + 1) / 2);
        }

        return sum / config.BlockOutChannels.Count;
    }
}
