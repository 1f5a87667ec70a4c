using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Masks;

/// <summary>Turns the ragged outcome of a segmentation into one object: its large parts, without pinholes, with a soft edge.</summary>
internal static class MaskCleaner
{
    /// <summary>Parts of the object from this share of its largest part on are kept: a hand before the body cuts it in two, a speck is no part.</summary>
    public const double LeastPart = 0.1;

    /// <summary>Holes up to this share of the object are filled; larger ones, such as a cup's handle, are really there.</summary>
    public const double LargestHole = 0.02;

    private const int BlurPasses = 3;

    // From nothing to all, such a blur takes about this many pixels.
    private const double BlurEdge = 4;
    private const double LeastEdge = 1.5;
    private const double EdgePart = 0.0015;

    /// <summary>Keeps large parts and those that hold a point, and fills small holes.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="points">Pixels of the object, in the mask's coordinates.</param>
    /// <param name="onlyPoints">Whether a part without a point goes, however large.</param>
    public static BinaryMask Clean(BinaryMask mask, IReadOnlyList<PixelPoint> points, bool onlyPoints)
    {
        var regions = RegionLabels.Find(mask);
        var pointed = points.Select(p => regions.Labels[(p.Y * mask.Width) + p.X]).ToHashSet();
        var anyPointed = pointed.Any(label => regions.Inside[label]);
        var largest = Enumerable.Range(0, regions.Areas.Count).Where(i => regions.Inside[i]).Select(i => regions.Areas[i]).DefaultIfEmpty().Max();
        var keep = regions
            .Areas.Select((area, i) => regions.Inside[i] && (pointed.Contains(i) || (!(onlyPoints && anyPointed) && area >= LeastPart * largest)))
            .ToArray();
        var parts = new BinaryMask(mask.Width, mask.Height, Array.ConvertAll(regions.Labels, label => keep[label]));
        var size = parts.Count;

        // Again, since a hole may have held a part that went.
        regions = RegionLabels.Find(parts);
        var fill = regions.Areas.Select((area, i) => regions.Inside[i] || (!regions.TouchesBorder[i] && area <= LargestHole * size)).ToArray();
        return new BinaryMask(mask.Width, mask.Height, Array.ConvertAll(regions.Labels, label => fill[label]));
    }

    /// <summary>A mask that is larger or smaller all around.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="pixels">How far its edge moves out; negative moves in. The picture's own edge holds no background.</param>
    public static BinaryMask Grow(BinaryMask mask, int pixels)
    {
        // Rows, then columns: a square, which is near enough for a band of a few pixels.
        var grows = pixels > 0;
        var rows = Spread(mask.Values, mask.Width, mask.Height, 1, mask.Width, Math.Abs(pixels), grows);
        return new BinaryMask(mask.Width, mask.Height, Spread(rows, mask.Height, mask.Width, mask.Width, 1, Math.Abs(pixels), grows));
    }

    /// <summary>Gives a mask another size, and a soft edge of one to two pixels of a photo of a megapixel, more of a larger one.</summary>
    /// <param name="mask">The mask.</param>
    /// <param name="width">New width.</param>
    /// <param name="height">New height.</param>
    public static MaskImage Soften(BinaryMask mask, int width, int height)
    {
        // Three passes of a box make the steps of the old size round; enlarging keeps the line of one half where it is, and the contrast then sets the width of
        // the edge.
        var values = Array.ConvertAll(mask.Values, v => v ? 1f : 0f);
        for (var pass = 0; pass < BlurPasses; pass++)
        {
            values = Blur(values, mask.Width, mask.Height);
        }

        var soft = new MaskImage(mask.Width, mask.Height, values).Resize(width, height);
        var scale = (double)Math.Max(width, height) / Math.Max(mask.Width, mask.Height);
        var edge = Math.Max(LeastEdge, EdgePart * Math.Max(width, height));
        var contrast = (float)Math.Max(1, BlurEdge * scale / edge);
        for (var i = 0; i < soft.Values.Length; i++)
        {
            soft.Values[i] = Math.Clamp(0.5f + ((soft.Values[i] - 0.5f) * contrast), 0, 1);
        }

        return soft;
    }

    /// <summary>Puts the mask of a part of a photo into one of the whole, with soft edges.</summary>
    /// <param name="mask">The mask, of any scale.</param>
    /// <param name="region">The part.</param>
    /// <param name="width">Width of the photo.</param>
    /// <param name="height">Height of the photo.</param>
    public static MaskImage Place(BinaryMask mask, PixelRectangle region, int width, int height)
    {
        var part = Soften(mask, region.Width, region.Height);
        if (region.Width == width && region.Height == height)
        {
            return part;
        }

        var values = new float[width * height];
        for (var y = 0; y < region.Height; y++)
        {
            part.Values.AsSpan(y * region.Width, region.Width).CopyTo(values.AsSpan(((region.Y + y) * width) + region.X));
        }

        return new MaskImage(width, height, values);
    }

    private static bool[] Spread(bool[] values, int length, int lines, int step, int lineStep, int reach, bool wanted)
    {
        var result = (bool[])values.Clone();
        for (var line = 0; line < lines; line++)
        {
            var start = line * lineStep;
            for (var at = 0; at < length; at++)
            {
                if (values[start + (at * step)] != wanted)
                {
                    continue;
                }

                for (var near = Math.Max(0, at - reach); near <= Math.Min(length - 1, at + reach); near++)
                {
                    result[start + (near * step)] = wanted;
                }
            }
        }

        return result;
    }

    private static float[] Blur(float[] values, int width, int height)
    {
        var result = new float[values.Length];
        for (var y = 0; y < height; y++)
        {
            var (above, below) = (Math.Max(y - 1, 0) * width, Math.Min(y + 1, height - 1) * width);
            for (var x = 0; x < width; x++)
            {
                var (left, right, at) = (Math.Max(x - 1, 0), Math.Min(x + 1, width - 1), y * width);
                result[at + x] =
                    (
                        values[above + left]
                        + values[above + x]
                        + values[above + right]
                        + values[at + left]
                        + values[at + x]
                        + values[at + right]
                        + values[below + left]
                        + values[below + x]
                        + values[below + right]
                    ) / 9;
            }
        }

        return result;
    }
}
