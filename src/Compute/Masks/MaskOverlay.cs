using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks;

/// <summary>Shows a mask on its photo: the object as it is, the rest dark and blue, and a line between them.</summary>
public static class MaskOverlay
{
    /// <summary>Longest side of a preview; larger photos are made smaller.</summary>
    public const int LongestSide = 2048;

    private const float Darkness = 0.35f;
    private static readonly byte[] s_tint = [20, 40, 110];
    private static readonly byte[] s_line = [255, 64, 160];

    /// <summary>Draws the preview.</summary>
    /// <param name="image">The photo.</param>
    /// <param name="mask">Its mask, of the same size.</param>
    /// <returns>The preview, of the photo's shape, at most <see cref="LongestSide"/> pixels long.</returns>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static RgbImage Create(RgbImage image, MaskImage mask)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(mask);
        if (image.Width != mask.Width || image.Height != mask.Height)
        {
            throw new ArgumentException($"The picture is {image.Width} x {image.Height}, the mask {mask.Width} x {mask.Height}.", nameof(mask));
        }

        var scale = Math.Min(1, (double)LongestSide / Math.Max(image.Width, image.Height));
        var (width, height) = (Math.Max(1, (int)Math.Round(image.Width * scale)), Math.Max(1, (int)Math.Round(image.Height * scale)));
        var (photo, values) = (image.Resize(width, height), mask.Resize(width, height).Values);
        var reach = Math.Max(1, Math.Max(width, height) / 512);
        var pixels = new byte[photo.Pixels.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var at = (y * width) + x;
                var line = IsContour(values, width, height, x, y, reach);
                for (var channel = 0; channel < 3; channel++)
                {
                    var (shown, dark) = (photo.Pixels[(at * 3) + channel], (photo.Pixels[(at * 3) + channel] * Darkness) + (s_tint[channel] * (1 - Darkness)));
                    pixels[(at * 3) + channel] = line ? s_line[channel] : (byte)((shown * values[at]) + (dark * (1 - values[at])));
                }
            }
        }

        return new RgbImage(width, height, pixels);
    }

    // The outermost pixels of the object, some deep.
    private static bool IsContour(float[] values, int width, int height, int x, int y, int reach)
    {
        if (values[(y * width) + x] < MaskImage.Covered)
        {
            return false;
        }

        for (var step = 1; step <= reach; step++)
        {
            if (
                (x >= step && values[(y * width) + x - step] < MaskImage.Covered)
                || (x + step < width && values[(y * width) + x + step] < MaskImage.Covered)
                || (y >= step && values[((y - step) * width) + x] < MaskImage.Covered)
                || (y + step < height && values[((y + step) * width) + x] < MaskImage.Covered)
            )
            {
                return true;
            }
        }

        return false;
    }
}
