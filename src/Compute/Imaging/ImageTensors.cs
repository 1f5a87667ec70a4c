using OrleansOneShot.Compute.Torch;
using static TorchSharp.torch;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Between pictures and tensors. Results are new CPU tensors of the caller's dispose scope.</summary>
public static class ImageTensors
{
    /// <summary>A picture as the VAE takes it.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>float32 (1, 3, H, W) in [-1, 1].</returns>
    public static Tensor ToModelInput(RgbImage image)
    {
        using var scope = NewDisposeScope();
        return ToBytes(image).permute(2, 0, 1).unsqueeze(0).to(float32).Div(255.0).Mul(2.0).Sub(1.0).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>A picture's bytes.</summary>
    /// <param name="image">The picture.</param>
    /// <returns>uint8 (H, W, 3).</returns>
    public static Tensor ToBytes(RgbImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        var bytes = empty([image.Height, image.Width, 3], ScalarType.Byte);
        image.Pixels.CopyTo(bytes.bytes);
        return bytes;
    }

    /// <summary>
    /// Pictures from uint8 pixels or from floats in [0, 1]; floats are multiplied by 255 and rounded half to even, as diffusers does, and clamped.
    /// </summary>
    /// <param name="pictures">(N, 3, H, W), or one picture as (H, W, 3); any floating type or uint8, any device.</param>
    /// <returns>N pictures.</returns>
    /// <exception cref="ArgumentException">The shape is neither.</exception>
    /// <exception cref="InvalidOperationException">A value is not a number: the model that drew the picture has diverged.</exception>
    public static IReadOnlyList<RgbImage> ToImages(Tensor pictures)
    {
        ArgumentNullException.ThrowIfNull(pictures);
        using var scope = NewDisposeScope();
        var shape = pictures.shape;
        var rows = shape switch
        {
            [_, 3, _, _] => pictures.permute(0, 2, 3, 1),
            [_, _, 3] => pictures.unsqueeze(0),
            _ => throw new ArgumentException($"Pictures come as (N, 3, H, W) or (H, W, 3), not ({string.Join(", ", shape)}).", nameof(pictures)),
        };
        if (rows.dtype != ScalarType.Byte)
        {
            rows = rows.detach().to(float32);
            if (rows.isnan().any().item<bool>())
            {
                throw new InvalidOperationException("The picture has values that are not numbers: the model has diverged.");
            }

            rows = rows.Mul(255.0).round().Clamp(0, 255).to(ScalarType.Byte);
        }

        rows = rows.cpu().contiguous();
        shape = rows.shape; // (N, H, W, 3)
        var (height, width) = (checked((int)shape[1]), checked((int)shape[2]));
        var bytes = rows.bytes;
        var images = new RgbImage[shape[0]];
        for (var i = 0; i < images.Length; i++)
        {
            images[i] = new RgbImage(width, height, bytes.Slice(i * height * width * 3, height * width * 3).ToArray());
        }

        return images;
    }

    /// <summary>A mask as a tensor.</summary>
    /// <param name="mask">The mask.</param>
    /// <returns>float32 (1, 1, H, W) in [0, 1].</returns>
    public static Tensor ToTensor(MaskImage mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        return tensor(mask.Values, [1, 1, mask.Height, mask.Width]);
    }

    /// <summary>
    /// Masks on the latent grid, by area: adaptive average pooling, with windows of uneven size when the sizes do not divide (<c>interpolate(mode="area")</c>).
    /// </summary>
    /// <param name="masks">(N, 1, H, W) in [0, 1].</param>
    /// <param name="height">Rows of the latent.</param>
    /// <param name="width">Columns of the latent.</param>
    /// <returns>(N, 1, height, width) in [0, 1].</returns>
    public static Tensor ToLatentMask(Tensor masks, long height, long width) => nn.functional.adaptive_avg_pool2d(masks, [height, width]);
}
