namespace OrleansOneShot.Compute.Imaging;

/// <summary>An upright sRGB picture of 8 bits a channel, without alpha.</summary>
public sealed class RgbImage
{
    /// <summary>Wraps pixels; the array is not copied.</summary>
    /// <param name="width">Pixels a row, 1 or more.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="pixels">Red, green, blue, row by row: width * height * 3 bytes.</param>
    /// <param name="notes">What was done on the way, each a short phrase such as "rotated by EXIF".</param>
    /// <exception cref="ArgumentException">The array's length doesn't fit the size.</exception>
    public RgbImage(int width, int height, byte[] pixels, IReadOnlyList<string>? notes = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(pixels);
        if (pixels.LongLength != (long)width * height * 3)
        {
            throw new ArgumentException($"{width} x {height} RGB pixels take {(long)width * height * 3} bytes, not {pixels.LongLength}.", nameof(pixels));
        }

        Width = width;
        Height = height;
        Pixels = pixels;
        Notes = notes ?? [];
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Red, green, blue, row by row.</summary>
    public byte[] Pixels { get; }

    /// <summary>What was done to the picture on the way.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>A copy of a part of the picture.</summary>
    /// <param name="rectangle">The part; lies inside the picture.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rectangle is empty or reaches out of the picture.</exception>
    public RgbImage Crop(PixelRectangle rectangle)
    {
        rectangle.ThrowIfOutside(Width, Height);
        var pixels = new byte[rectangle.Width * rectangle.Height * 3];
        for (var y = 0; y < rectangle.Height; y++)
        {
            Pixels.AsSpan((((rectangle.Y + y) * Width) + rectangle.X) * 3, rectangle.Width * 3).CopyTo(pixels.AsSpan(y * rectangle.Width * 3));
        }

        return new RgbImage(rectangle.Width, rectangle.Height, pixels, Notes);
    }

    /// <summary>The picture at another size by the antialiased bicubic filter, with the same bytes as Pillow's <c>resize</c>.</summary>
    /// <param name="width">New pixels a row.</param>
    /// <param name="height">New rows.</param>
    public RgbImage Resize(int width, int height) =>
        width == Width && height == Height
            ? this
            : new RgbImage(width, height, Resampler.Resize(this, width, height, new PixelRectangle(0, 0, width, height), ResampleFilter.Bicubic), Notes);
}
