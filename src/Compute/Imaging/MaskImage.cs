namespace OrleansOneShot.Compute.Imaging;

/// <summary>A soft mask: 1 inside the object, 0 outside, anything between at soft edges.</summary>
public sealed class MaskImage
{
    /// <summary>From here on a pixel counts as covered.</summary>
    internal const float Covered = 0.5f;

    /// <summary>Wraps values; the array is not copied.</summary>
    /// <param name="width">Pixels a row, 1 or more.</param>
    /// <param name="height">Rows, 1 or more.</param>
    /// <param name="values">Values in [0, 1], row by row: width * height.</param>
    /// <param name="warnings">What the owner of the mask should know.</param>
    /// <exception cref="ArgumentException">The array's length doesn't fit the size.</exception>
    public MaskImage(int width, int height, float[] values, IReadOnlyList<string>? warnings = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(height, 1);
        ArgumentNullException.ThrowIfNull(values);
        if (values.LongLength != (long)width * height)
        {
            throw new ArgumentException($"A mask of {width} x {height} has {(long)width * height} values, not {values.LongLength}.", nameof(values));
        }

        Width = width;
        Height = height;
        Values = values;
        Warnings = warnings ?? [];
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>Values in [0, 1], row by row.</summary>
    public float[] Values { get; }

    /// <summary>What the owner of the mask should know, each a sentence.</summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>The share of the pixels that are at least half covered, 0 to 1.</summary>
    public double Coverage => (double)Values.Count(v => v >= Covered) / Values.Length;

    /// <summary>A copy of a part of the mask.</summary>
    /// <param name="rectangle">The part; lies inside the mask.</param>
    /// <exception cref="ArgumentOutOfRangeException">The rectangle is empty or reaches out of the mask.</exception>
    public MaskImage Crop(PixelRectangle rectangle)
    {
        rectangle.ThrowIfOutside(Width, Height);
        var values = new float[rectangle.Width * rectangle.Height];
        for (var y = 0; y < rectangle.Height; y++)
        {
            Values.AsSpan(((rectangle.Y + y) * Width) + rectangle.X, rectangle.Width).CopyTo(values.AsSpan(y * rectangle.Width));
        }

        return new MaskImage(rectangle.Width, rectangle.Height, values, Warnings);
    }

    /// <summary>The mask at another size: by area along an axis that shrinks, linearly along one that grows.</summary>
    /// <param name="width">New pixels a row.</param>
    /// <param name="height">New rows.</param>
    public MaskImage Resize(int width, int height) =>
        width == Width && height == Height ? this : new MaskImage(width, height, Resampler.Resize(Values, Width, Height, width, height), Warnings);

    /// <summary>The smallest rectangle that holds every value above a threshold, or null when there is none.</summary>
    /// <param name="threshold">Values up to this one count as background.</param>
    internal PixelRectangle? Bounds(float threshold)
    {
        var (left, top, right, bottom) = (Width, Height, -1, -1);
        for (var y = 0; y < Height; y++)
        {
            var row = Values.AsSpan(y * Width, Width);
            for (var x = 0; x < row.Length; x++)
            {
                if (row[x] > threshold)
                {
                    (left, right) = (Math.Min(left, x), Math.Max(right, x));
                    (top, bottom) = (Math.Min(top, y), y);
                }
            }
        }

        return right < 0 ? null : new PixelRectangle(left, top, right - left + 1, bottom - top + 1);
    }
}
