using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// The ceiling of every figure: the photo's own object, cut out by its mask and laid over a picture of the same prompt. No drawing shows the object more truly,
/// and none can be asked for a higher image alignment.
/// </summary>
public static class PastedObject
{
    /// <summary>The longer side of the object, as a part of the picture's short side.</summary>
    private const double Size = 0.6;

    /// <summary>Where the object stands, as a part of the picture's height.</summary>
    private const double Ground = 0.85;

    // Values up to this are compression noise, not object.
    private const float Noise = 0.1f;

    /// <summary>Pastes the object: always at one place and size, in the middle and on the lower part, over what the picture shows of its class.</summary>
    /// <param name="picture">The picture.</param>
    /// <param name="photo">The photo, or its crop.</param>
    /// <param name="mask">Its mask, of the same size, not empty.</param>
    /// <returns>A picture of the picture's size.</returns>
    /// <exception cref="ArgumentException">The mask is empty or not of the photo's size.</exception>
    public static RgbImage Over(RgbImage picture, RgbImage photo, MaskImage mask)
    {
        ArgumentNullException.ThrowIfNull(picture);
        ArgumentNullException.ThrowIfNull(photo);
        ArgumentNullException.ThrowIfNull(mask);
        if (photo.Width != mask.Width || photo.Height != mask.Height)
        {
            throw new ArgumentException($"The photo is {photo.Width} x {photo.Height}, the mask {mask.Width} x {mask.Height}.", nameof(mask));
        }

        var box = mask.Bounds(Noise) ?? throw new ArgumentException("The mask marks nothing.", nameof(mask));
        var scale = Size * Math.Min(picture.Width, picture.Height) / Math.Max(box.Width, box.Height);
        var (width, height) = (Math.Max(1, (int)Math.Round(box.Width * scale)), Math.Max(1, (int)Math.Round(box.Height * scale)));
        var cut = photo.Crop(box).Resize(width, height);
        var soft = mask.Crop(box).Resize(width, height);
        var (left, top) = ((picture.Width - width) / 2, Math.Clamp((int)Math.Round(Ground * picture.Height) - height, 0, picture.Height - height));
        var pixels = picture.Pixels.ToArray();
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (m, from, to) = (soft.Values[(y * width) + x], ((y * width) + x) * 3, (((top + y) * picture.Width) + left + x) * 3);
                for (var c = 0; c < 3; c++)
                {
                    pixels[to + c] = (byte)Math.Clamp(MathF.Round((cut.Pixels[from + c] * m) + (pixels[to + c] * (1 - m))), 0, 255);
                }
            }
        }

        return new RgbImage(picture.Width, picture.Height, pixels);
    }
}
