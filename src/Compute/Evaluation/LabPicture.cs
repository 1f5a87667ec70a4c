using OrleansOneShot.Compute.Imaging;

namespace OrleansOneShot.Compute.Evaluation;

/// <summary>
/// A small picture in CIE L*a*b* (D65), in which the distance of two colours, Delta E, is about how different they look: 2.3 is just noticeable, 100 is black
/// against white.
/// </summary>
internal sealed class LabPicture
{
    /// <summary>Short side that pictures are compared at.</summary>
    public const int Side = 64;

    /// <summary>Longer sides are shrunk to this, so that a strip of a picture costs no more than a picture.</summary>
    private const int LongestSide = 4 * Side;

    // A strip thinner than a patch is widened to one.
    private const int ShortestSide = 8;

    private static readonly float[] s_linear = [.. Enumerable.Range(0, 256).Select(Linear)];

    private LabPicture(int width, int height, float[] values)
    {
        Width = width;
        Height = height;
        Values = values;
    }

    /// <summary>Pixels a row.</summary>
    public int Width { get; }

    /// <summary>Rows.</summary>
    public int Height { get; }

    /// <summary>L* (0 to 100), a*, b*, row by row.</summary>
    public float[] Values { get; }

    /// <summary>Shrinks or enlarges a picture and converts it.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="shortSide">Its short side from now on.</param>
    public static LabPicture Create(RgbImage image, int shortSide = Side)
    {
        var scale = Math.Min((double)shortSide / Math.Min(image.Width, image.Height), (double)LongestSide / Math.Max(image.Width, image.Height));
        var small = image.Resize(SideOf(image.Width * scale), SideOf(image.Height * scale));
        var values = new float[small.Pixels.Length];
        for (var i = 0; i < values.Length; i += 3)
        {
            Convert(small.Pixels.AsSpan(i, 3), values.AsSpan(i, 3));
        }

        return new LabPicture(small.Width, small.Height, values);
    }

    private static int SideOf(double length) => Math.Max(ShortestSide, (int)Math.Round(length));

    private static void Convert(ReadOnlySpan<byte> rgb, Span<float> lab)
    {
        var (r, g, b) = (s_linear[rgb[0]], s_linear[rgb[1]], s_linear[rgb[2]]);
        var x = Root(((0.4124564f * r) + (0.3575761f * g) + (0.1804375f * b)) / 0.95047f);
        var y = Root((0.2126729f * r) + (0.7151522f * g) + (0.0721750f * b));
        var z = Root(((0.0193339f * r) + (0.1191920f * g) + (0.9503041f * b)) / 1.08883f);
        (lab[0], lab[1], lab[2]) = ((116 * y) - 16, 500 * (x - y), 200 * (y - z));
    }

    private static float Root(float t) => t > 216f / 24389 ? MathF.Cbrt(t) : ((24389f / 27 * t) + 16) / 116;

    // The transfer curve of sRGB (IEC 61966-2-1).
    private static float Linear(int value) => (float)(value <= 10 ? value / 255.0 / 12.92 : Math.Pow(((value / 255.0) + 0.055) / 1.055, 2.4));
}
