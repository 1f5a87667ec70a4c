using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks.Sam;

/// <summary>SAM's view of a photo (segment-anything's <c>ResizeLongestSide</c>): the long side at the encoder's size, the rest of the square empty.</summary>
/// <param name="Side">Side of the encoder's square: 1024.</param>
/// <param name="PhotoWidth">Width of the photo.</param>
/// <param name="PhotoHeight">Height of the photo.</param>
internal sealed record SamFrame(int Side, int PhotoWidth, int PhotoHeight)
{
    private static readonly float[] s_mean = [123.675f, 116.28f, 103.53f];
    private static readonly float[] s_deviation = [58.395f, 57.12f, 57.375f];

    /// <summary>Width of the photo within the square.</summary>
    public int Width => Scaled(PhotoWidth);

    /// <summary>Height of the photo within the square.</summary>
    public int Height => Scaled(PhotoHeight);

    /// <summary>A pixel position of the photo within the square.</summary>
    public (float X, float Y) Map(double x, double y) => ((float)(x * Width / PhotoWidth), (float)(y * Height / PhotoHeight));

    /// <summary>The normalised square: red, green, blue planes, zero beyond the photo. (3, Side, Side)</summary>
    public float[] Normalised(RgbImage photo)
    {
        var small = photo.Resize(Width, Height);
        var planes = new float[3 * Side * Side];
        for (var y = 0; y < Height; y++)
        {
            for (var x = 0; x < Width; x++)
            {
                for (var channel = 0; channel < 3; channel++)
                {
                    planes[(((channel * Side) + y) * Side) + x] = (small.Pixels[(((y * Width) + x) * 3) + channel] - s_mean[channel]) / s_deviation[channel];
                }
            }
        }

        return planes;
    }

    /// <summary>The photo's bytes at the encoder's scale, for exports that normalise and pad by themselves.</summary>
    /// <param name="photo">The photo.</param>
    /// <param name="width">Width of the result, at least <see cref="Width"/>; the rest is black.</param>
    /// <param name="height">Height of the result, at least <see cref="Height"/>.</param>
    /// <returns>Red, green, blue, row by row: (height, width, 3).</returns>
    public byte[] Interleaved(RgbImage photo, int width, int height)
    {
        var small = photo.Resize(Width, Height);
        var pixels = new byte[width * height * 3];
        for (var y = 0; y < Height; y++)
        {
            small.Pixels.AsSpan(y * Width * 3, Width * 3).CopyTo(pixels.AsSpan(y * width * 3));
        }

        return pixels;
    }

    private int Scaled(int side) => Math.Max(1, (int)((side * ((double)Side / Math.Max(PhotoWidth, PhotoHeight))) + 0.5));
}
