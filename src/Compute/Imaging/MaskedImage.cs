namespace OrleansOneShot.Compute.Imaging;

/// <summary>x_m of the method (eq. 2): the object on CLIP's mean colour, which its image tower sees as nothing.</summary>
public static class MaskedImage
{
    private static readonly float[] s_clipMean = [0.48145466f, 0.4578275f, 0.40821073f];

    /// <summary>Blends in [0, 1] and rounds half to even, with the bytes of the reference implementation.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="mask">Its mask, of the same size.</param>
    /// <exception cref="ArgumentException">The sizes differ.</exception>
    public static RgbImage Create(RgbImage image, MaskImage mask)
    {
        ArgumentNullException.ThrowIfNull(image);
        ArgumentNullException.ThrowIfNull(mask);
        if (image.Width != mask.Width || image.Height != mask.Height)
        {
            throw new ArgumentException($"The picture is {image.Width} x {image.Height}, the mask {mask.Width} x {mask.Height}.", nameof(mask));
        }

        var pixels = new byte[image.Pixels.Length];
        for (var i = 0; i < pixels.Length; i++)
        {
            var m = mask.Values[i / 3];
            var blended = (image.Pixels[i] / 255f * m) + (s_clipMean[i % 3] * (1 - m));
            pixels[i] = (byte)Math.Clamp(MathF.Round(blended * 255f), 0, 255);
        }

        return new RgbImage(image.Width, image.Height, pixels, image.Notes);
    }
}
