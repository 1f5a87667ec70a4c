using OrleansOneShot.Compute.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>
/// Masks that reach farther, or end more softly, than they were drawn: a photo's mask is rarely right to the pixel. Grey-scale dilation by a flat disc and a
/// Gaussian blur, as OpenCV's <c>dilate</c> and <c>GaussianBlur</c> with a replicated border; by torch, since OpenCV does not come with the program everywhere.
/// </summary>
public static class MaskEdges
{
    // Beyond three standard deviations lie 0.3 % of a Gaussian.
    private const double Deviations = 3;

    /// <summary>Grows masks, then blurs their edges.</summary>
    /// <param name="masks">(N, 1, H, W) in [0, 1], on the CPU.</param>
    /// <param name="dilate">The disc's radius as a part of the width, 0 or more; one below a pixel changes nothing.</param>
    /// <param name="feather">The Gaussian's standard deviation as a part of the width, 0 or more.</param>
    /// <returns>(N, 1, H, W) in [0, 1]; the same tensor where nothing is to be done.</returns>
    public static Tensor Soften(Tensor masks, double dilate, double feather)
    {
        ArgumentNullException.ThrowIfNull(masks);
        var width = masks.shape[3];
        var grown = dilate * width >= 1 ? Dilate(masks, dilate * width) : masks;
        return feather > 0 ? Feather(grown, feather * width) : grown;
    }

    /// <summary>Every pixel gets the largest value within a distance.</summary>
    /// <param name="masks">(N, 1, H, W).</param>
    /// <param name="radius">The distance between the middles of pixels, 0 or more.</param>
    /// <returns>(N, 1, H, W), in the current dispose scope.</returns>
    public static Tensor Dilate(Tensor masks, double radius)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        var height = masks.shape[2];
        var result = masks.clone();
        for (var away = 0; away <= radius && away < height; away++)
        {
            // The disc's chord this far from its middle.
            var half = (long)Math.Sqrt((radius * radius) - ((double)away * away));
            var rows = nn.functional.max_pool2d(masks, [1, (2 * half) + 1], [1, 1], [0, half]);
            Take(result, rows, away, height);
            Take(result, rows, -away, height);
        }

        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Blurs; beyond the border the mask goes on as it ends there, so that an object that is cut off stays whole.</summary>
    /// <param name="masks">(N, 1, H, W) in [0, 1].</param>
    /// <param name="sigma">Standard deviation in pixels, above 0.</param>
    /// <returns>(N, 1, H, W) in [0, 1], in the current dispose scope.</returns>
    public static Tensor Feather(Tensor masks, double sigma)
    {
        ArgumentNullException.ThrowIfNull(masks);
        using var scope = NewDisposeScope();
        var reach = (int)Math.Ceiling(Deviations * sigma);
        var weights = Enumerable.Range(-reach, (2 * reach) + 1).Select(x => Math.Exp(-(double)x * x / (2 * sigma * sigma))).ToList();
        var sum = weights.Sum();
        var kernel = tensor(weights.Select(weight => (float)(weight / sum)).ToArray());
        var padded = nn.functional.pad(masks, [reach, reach, reach, reach], PaddingModes.Replicate);
        var across = nn.functional.conv2d(padded, kernel.view(1, 1, 1, -1));
        return nn.functional.conv2d(across, kernel.view(1, 1, -1, 1)).Clamp(0.0, 1.0).MoveToOuterDisposeScope();
    }

    // Row y of the result sees row y + away.
    private static void Take(Tensor result, Tensor rows, long away, long height)
    {
        var count = height - Math.Abs(away);
        var target = result.narrow(2, Math.Max(0, -away), count);
        target.copy_(maximum(target, rows.narrow(2, Math.Max(0, away), count)));
    }
}
