using SkiaSharp;

namespace OrleansOneShot.Compute.Imaging;

/// <summary>Writes JPEG, for pictures that are looked at and not worked on: thumbnails and those of reports. The same picture gives the same bytes.</summary>
internal static class JpegWriter
{
    private const int LeastSide = 32;

    // The best one that fits is taken.
    private static readonly int[] s_qualities = [90, 80, 65, 50];

    /// <summary>Encodes a picture at full colour resolution.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="quality">0 to 100.</param>
    /// <returns>The file's bytes: no colour profile, no metadata.</returns>
    public static unsafe byte[] Encode(RgbImage image, int quality)
    {
        ArgumentNullException.ThrowIfNull(image);
        var rgba = new byte[image.Width * image.Height * 4];
        for (int i = 0, o = 0; i < image.Pixels.Length; i += 3, o += 4)
        {
            (rgba[o], rgba[o + 1], rgba[o + 2], rgba[o + 3]) = (image.Pixels[i], image.Pixels[i + 1], image.Pixels[i + 2], 255);
        }

        fixed (byte* pixels = rgba)
        {
            var info = new SKImageInfo(image.Width, image.Height, SKColorType.Rgba8888, SKAlphaType.Opaque);
            using var pixmap = new SKPixmap(info, (nint)pixels);
            using var data =
                pixmap.Encode(new SKJpegEncoderOptions(quality, SKJpegEncoderDownsample.Downsample444, SKJpegEncoderAlphaOption.Ignore))
                ?? throw new InvalidOperationException("Skia could not encode the picture.");
            return data.ToArray();
        }
    }

    /// <summary>Encodes a picture as well as fits.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="side">Most pixels of its longer side; smaller pictures keep their size.</param>
    /// <param name="bytes">Most bytes; where even a tiny picture takes more, the tiny picture.</param>
    /// <returns>The file's bytes.</returns>
    public static byte[] EncodeWithin(RgbImage image, int side, int bytes)
    {
        ArgumentNullException.ThrowIfNull(image);
        for (; ; side /= 2)
        {
            var fitting = Within(image, side);
            foreach (var quality in s_qualities)
            {
                var jpeg = Encode(fitting, quality);
                if (jpeg.Length <= bytes || (side <= LeastSide && quality == s_qualities[^1]))
                {
                    return jpeg;
                }
            }
        }
    }

    private static RgbImage Within(RgbImage image, int side)
    {
        var scale = (double)side / Math.Max(image.Width, image.Height);
        return scale >= 1 ? image : image.Resize(Scaled(image.Width), Scaled(image.Height));

        int Scaled(int length) => Math.Max(1, (int)Math.Round(length * scale));
    }
}
