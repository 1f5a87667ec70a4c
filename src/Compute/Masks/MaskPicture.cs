using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks;

/// <summary>A mask as a grey picture, the form in which <see cref="MaskReader"/> reads it.</summary>
public static class MaskPicture
{
    /// <summary>Makes the picture.</summary>
    /// <param name="mask">The mask.</param>
    /// <returns>White where the object is, black elsewhere, grey at soft edges; of the mask's size.</returns>
    public static RgbImage Create(MaskImage mask)
    {
        ArgumentNullException.ThrowIfNull(mask);
        var pixels = new byte[mask.Values.Length * 3];
        for (var i = 0; i < mask.Values.Length; i++)
        {
            pixels.AsSpan(i * 3, 3).Fill((byte)Math.Clamp(MathF.Round(mask.Values[i] * 255), 0, 255));
        }

        return new RgbImage(mask.Width, mask.Height, pixels);
    }
}
