using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// The ceiling of every figure: the photo's own object, cut out by its mask and laid over a picture of the same prompt. No drawing shows the object more truly,
/// and none can be asked for a higher image alignment.
/// </summary>
public static class PastedObject
{
    /// <summary>
    /// Pastes the object, always where and as large as the reference shows it: the reference's square is laid over the middle of the picture, and what its mask
    /// leaves out stays the picture's.
    /// </summary>
    /// <param name="picture">The picture.</param>
    /// <param name="photo">The reference: the square that training saw.</param>
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

        if (mask.Bounds(0) is null)
        {
            throw new ArgumentException("The mask marks nothing.", nameof(mask));
        }

        var scale = Math.Min((double)picture.Width / photo.Width, (double)picture.Height / photo.Height);
        var (width, height) = (Math.Max(1, (int)Math.Round(photo.Width * scale)), Math.Max(1, (int)Math.Round(photo.Height * scale)));
        var (cut, soft) = (photo.Resize(width, height), mask.Resize(width, height));
        var (left, top) = ((picture.Width - width) / 2, (picture.Height - height) / 2);
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
